//! The only way to the data: authorise, validate, apply write rules, index, commit, audit, notify.
