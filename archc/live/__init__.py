"""A text that is being written, beside its picture and its costs: `archc watch`, and the playground by the same answers and the same page."""
