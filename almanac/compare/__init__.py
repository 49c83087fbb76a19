"""Two editions or records side by side: what OLD and NEW name, what differs, and how it is said."""
