//! Tests of the record: sessions over a real store.

#[path = "main/audit_log.rs"]
mod audit_log;
#[path = "main/conditional.rs"]
mod conditional;
#[path = "main/contents.rs"]
mod contents;
#[path = "main/credentials.rs"]
mod credentials;
#[path = "main/directives.rs"]
mod directives;
#[path = "main/feed.rs"]
mod feed;
#[path = "main/own_profiles.rs"]
mod own_profiles;
#[path = "main/patch_suite.rs"]
mod patch_suite;
#[path = "main/policy.rs"]
mod policy;
#[path = "main/practice.rs"]
mod practice;
#[path = "main/privacy_reports.rs"]
mod privacy_reports;
#[path = "main/races.rs"]
mod races;
#[path = "main/real_patients.rs"]
mod real_patients;
#[path = "../../fhir/tests/shared_data.rs"]
mod shared_data;
#[path = "main/transaction.rs"]
mod transaction;
#[path = "main/write_and_read.rs"]
mod write_and_read;
