"""`archc import`: a model of PyTorch becomes a readable `.arch` text, proved equal before it is handed out."""
