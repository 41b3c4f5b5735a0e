//! The pages for staff and patients: HTML out, forms in.
