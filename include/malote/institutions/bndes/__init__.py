"""BNDES APA, automatic approvals of the development bank: requests out by protocol, results and críticas back."""
