"""What a role may do: managed policies, PassRole and role chains."""
