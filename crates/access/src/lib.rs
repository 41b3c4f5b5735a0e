//! Who may do what: pure decisions over roles, scopes and policies.
