"""Diagnostics as a person or a program reads them, and the codes they carry."""
