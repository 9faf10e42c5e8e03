"""The screens of people and their rights, one group of pages a module."""
