-- Submissions are looked up, or read until the first that fits. Two workers reading them all looked cheaper than one
-- look-up, and read 260 MB for the first hundred transactions of a lot.
alter table malote.submission set (parallel_workers = 0);
