"""An evaluation carried out and shown: detectors loaded, figures gathered, tables, plots and pages made of them."""
