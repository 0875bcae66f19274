"""The pages that are made from the sources, the gallery, and the file that `archc new` writes."""
