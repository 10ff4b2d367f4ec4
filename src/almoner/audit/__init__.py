"""The outsider's side of a public log: verify it, watch it, cosign it."""
