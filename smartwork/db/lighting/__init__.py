"""Zone settings, and the policy that an edge gets."""
