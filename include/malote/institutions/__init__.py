"""The institutions, in rooms of the same furniture: `documents` goes out, `calls` is said, `answers` comes back."""
