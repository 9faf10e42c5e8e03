"""The inventory and its windows over HTTP: each write calls the page's service."""
