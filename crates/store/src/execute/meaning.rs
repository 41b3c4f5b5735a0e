use fhir::Document;
use fhir::schema::TypeId;
use search::access::Access;
use search::query::Clause;
pub(super) fn access(type_id: TypeId, _: &Clause, _: &dyn search::Ports) -> Access {
    Access::Type { type_id, low_ms: i64::MIN, high_ms: i64::MAX, signature: vec![] }
}
pub(super) fn reference_access(type_id: TypeId, _: &'static str, _: (TypeId, &str)) -> Access {
    Access::Type { type_id, low_ms: i64::MIN, high_ms: i64::MAX, signature: vec![] }
}
pub(super) fn referenced(_: &Document, _: &str, _: &dyn search::Ports) -> Vec<(TypeId, String)> {
    vec![]
}
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SortValue {
    Number(f64),
    Instant(i64),
    Text(String),
}
impl SortValue {
    pub fn compare(&self, o: &Self) -> std::cmp::Ordering {
        match (self, o) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Instant(a), Self::Instant(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        }
    }
}
pub(super) fn is_principal_date(_: TypeId, _: &str) -> bool {
    false
}
pub(super) fn sort_value(_: &Document, _: &str, _: bool, _: &dyn search::Ports) -> Option<SortValue> {
    None
}
