"""Orders whose fate is unknown: looked for at the provider, resolved, or taken as lost."""
