"""What everything stands on: sources and spans, diagnostics as data, records, near names."""
