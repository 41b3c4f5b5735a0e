//! A seeded generator of a whole synthetic practice.
