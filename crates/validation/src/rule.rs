//! The rules that hold by the shape of FHIR itself, as a table: key, gravity, sort.

use crate::issue::{IssueType, Severity};

/// A rule of this crate's own, or an invariant seen as one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub key: &'static str,
    pub severity: Severity,
    pub code: IssueType,
}

const fn error(key: &'static str, code: IssueType) -> Rule {
    Rule { key, severity: Severity::Error, code }
}

const fn warning(key: &'static str, code: IssueType) -> Rule {
    Rule { key, severity: Severity::Warning, code }
}

const fn information(key: &'static str, code: IssueType) -> Rule {
    Rule { key, severity: Severity::Information, code }
}

use IssueType::{CodeInvalid, Duplicate, Invariant, NotFound, Security, Structure, Value};

pub(crate) const NOT_A_RESOURCE: Rule =
    Rule { key: "resource-type", severity: Severity::Fatal, code: Structure };
pub(crate) const UNKNOWN_RESOURCE: Rule = error("resource-type", Structure);
pub(crate) const TOO_DEEP: Rule =
    Rule { key: "nesting", severity: Severity::Fatal, code: IssueType::TooLong };
pub(crate) const MORE_ISSUES: Rule =
    Rule { key: "more-issues", severity: Severity::Information, code: IssueType::TooCostly };
pub(crate) const UNKNOWN_MEMBER: Rule = error("unknown-member", Structure);
pub(crate) const JSON_KIND: Rule = error("json-kind", Structure);
pub(crate) const EMPTY: Rule = error("empty", Structure);
pub(crate) const NULL: Rule = error("null", Structure);
pub(crate) const SIBLING: Rule = error("primitive-sibling", Structure);
pub(crate) const CHOICE: Rule = error("choice", Structure);
pub(crate) const MIN: Rule = error("cardinality-min", IssueType::Required);
pub(crate) const MAX: Rule = error("cardinality-max", Structure);
pub(crate) const FORMAT: Rule = error("value-format", Value);
pub(crate) const BLANK: Rule = warning("value-blank", Value);
pub(crate) const MARKUP: Rule = error("markup", Security);
pub(crate) const EXAMPLE_ADDRESS: Rule = error("example-address", Value);
pub(crate) const ELE_1: Rule = error("ele-1", Invariant);
pub(crate) const EXT_1: Rule = error("ext-1", Invariant);
pub(crate) const EXTENSION_URL: Rule = error("extension-url", Value);
pub(crate) const TXT_1: Rule = error("txt-1", Invariant);
pub(crate) const TXT_2: Rule = error("txt-2", Invariant);
pub(crate) const XHTML: Rule = error("xhtml", Value);
pub(crate) const ACTIVE_CONTENT: Rule = error("active-content", Security);
pub(crate) const REFERENCE_FORM: Rule = error("reference-form", Value);
pub(crate) const REFERENCE_TARGET: Rule = error("reference-target", Structure);
pub(crate) const REFERENCE_TYPE: Rule = error("reference-type", Structure);
pub(crate) const REF_1: Rule = error("ref-1", NotFound);
pub(crate) const DUPLICATE_ID: Rule = error("duplicate-id", Duplicate);
pub(crate) const CONTAINED_ID: Rule = error("contained-id", IssueType::Required);
pub(crate) const DOM_2: Rule = error("dom-2", Invariant);
pub(crate) const DOM_3: Rule = error("dom-3", Invariant);
pub(crate) const DOM_4: Rule = error("dom-4", Invariant);
pub(crate) const DOM_5: Rule = error("dom-5", Invariant);
pub(crate) const BINDING_REQUIRED: Rule = error("binding-required", CodeInvalid);
pub(crate) const BINDING_EXTENSIBLE: Rule = warning("binding-extensible", CodeInvalid);
pub(crate) const NOT_EVALUATED: Rule = warning("not-evaluated", IssueType::NotSupported);
pub(crate) const CANONICAL_LOCAL: Rule = error("canonical-local", NotFound);
pub(crate) const PROFILE_UNKNOWN: Rule = error("profile-unknown", NotFound);
pub(crate) const PROFILE_NOT_CHECKED: Rule = information("profile-unknown", NotFound);
pub(crate) const PROFILE_TYPE: Rule = error("profile-type", Structure);
pub(crate) const PROFILE_MISMATCH: Rule = error("profile-mismatch", Structure);
pub(crate) const PROFILE_FIXED: Rule = error("profile-fixed", Value);
pub(crate) const PROFILE_PATTERN: Rule = error("profile-pattern", Value);
pub(crate) const PROFILE_LENGTH: Rule = error("profile-length", IssueType::TooLong);
pub(crate) const PROFILE_RANGE: Rule = error("profile-range", Value);
pub(crate) const PROFILE_DEMAND: Rule = error("profile-demand", Value);
pub(crate) const PROFILE_TARGET: Rule = error("profile-target", Structure);
pub(crate) const EXTENSION_UNKNOWN: Rule = error("extension-unknown", NotFound);
pub(crate) const EXTENSION_CONTEXT: Rule = error("extension-context", Structure);
pub(crate) const QUESTIONNAIRE: Rule = error("questionnaire", Structure);
pub(crate) const DOCUMENT: Rule = error("document", NotFound);
pub(crate) const CODE_UNKNOWN: Rule = error("code-unknown", CodeInvalid);
pub(crate) const SLICE_CLOSED: Rule = error("slice-closed", Structure);
pub(crate) const SLICE_ORDER: Rule = error("slice-order", Structure);
pub(crate) const BINDING_UNKNOWN: Rule = information("binding-unknown", IssueType::NotSupported);
pub(crate) const FULL_URL: Rule = error("full-url", Value);
pub(crate) const CODING_SYSTEM: Rule = error("coding-system", Value);
pub(crate) const ATTACHMENT_SIZE: Rule = error("attachment-size", Value);
pub(crate) const IDENTIFIER_URI: Rule = error("identifier-uri", Value);
pub(crate) const CODE_SYSTEM: Rule = error("code-system", Structure);
pub(crate) const VALUE_SET: Rule = error("value-set", Value);
pub(crate) const MEASURE_REPORT: Rule = error("measure-report", Structure);
pub(crate) const SEARCH_PARAMETER: Rule = error("search-parameter", Structure);
pub(crate) const DEFINITION: Rule = error("definition", Structure);
pub(crate) const BUNDLE: Rule = error("bundle", Structure);
pub(crate) const CANONICAL_RELATIVE: Rule = error("canonical-relative", Value);
pub(crate) const CODE_UNLISTED: Rule = warning("code-unlisted", CodeInvalid);
