"""What one can choose from: frozen records, the pure functions they name, one literal dict a file.

Importing these modules imports no torch; the functions that need it import it when called. Tensors
come and go through ordinary tensor methods, so that a record reads like its formula.
"""
