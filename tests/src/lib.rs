//! Whole-system scenarios over the running product.
