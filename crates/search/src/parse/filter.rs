//! `_filter` (R4 search, page "The _filter Parameter").

use super::Scope;
use crate::query::Clause;
use crate::search_error::{SearchError, SearchErrorKind};

pub(super) fn parse(_scope: &Scope<'_>, _text: &str) -> Result<Clause, SearchError> {
    Err(SearchError::new(SearchErrorKind::Unsupported, "_filter", "not yet"))
}
