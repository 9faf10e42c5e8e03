"""What runs and what runs on it: landscapes (one ERP instance each), environments.

Also when they may be altered (freezes, maintenance) and who is at work on them.
"""
