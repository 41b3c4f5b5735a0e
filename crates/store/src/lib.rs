//! Versioned documents and the index rows that find them, behind one narrow trait.
