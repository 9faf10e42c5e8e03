"""What runs: landscapes (one ERP instance each), their environments and modules.

The inventory proper (servers, components, installations, windows) joins it later.
"""
