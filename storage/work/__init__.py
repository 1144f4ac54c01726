"""The ledger's parts, one noun a module; `storage.ledger.Ledger` is all of them."""
