"""Cobranza Workbench: what we can do."""
