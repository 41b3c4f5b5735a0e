//! From a path to the row of the table that answers it.

use crate::failure::Failure;
use crate::interactions::{INTERACTIONS, Interaction};
use crate::parameters::decode_segment;
use axum::http::{StatusCode, header};
use fhir::schema::{TypeId, schema};
use record::ResourceKey;

/// What a path names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub type_id: Option<TypeId>,
    pub id: Option<String>,
    pub version: Option<String>,
    /// The name of an operation, without `$`.
    pub operation: Option<String>,
    /// What is searched in a compartment.
    pub member: Option<Member>,
    /// The name of a file of an export or import.
    pub file: Option<String>,
}

/// What is searched in a compartment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// Resources of a type.
    Type(TypeId),
    /// Resources of every type.
    All,
}

/// Finds the row of a method and a path behind the base.
pub(crate) fn find(method: &str, path: &str) -> Result<(&'static Interaction, Place), Failure> {
    let segments: Option<Vec<String>> =
        path.split('/').filter(|part| !part.is_empty()).map(decode_segment).collect();
    let segments = segments.ok_or_else(|| Failure::not_found("the path is not UTF-8"))?;
    let fitting = || INTERACTIONS.iter().filter(|row| fits(row.path, &segments));
    let wanted = if method == "HEAD" { "GET" } else { method };
    match fitting().find(|row| row.method == wanted) {
        Some(row) => Ok((row, place(row.path, &segments)?)),
        None if fitting().next().is_some() => Err(wrong_method(method, &allowed(&segments))),
        None => Err(nowhere(&segments)),
    }
}

/// The methods that a path answers, for `Allow`; empty when the path leads nowhere.
pub(crate) fn allowed_methods(path: &str) -> String {
    let segments: Option<Vec<String>> =
        path.split('/').filter(|part| !part.is_empty()).map(decode_segment).collect();
    segments.map_or_else(String::new, |segments| allowed(&segments))
}

fn allowed(segments: &[String]) -> String {
    let mut methods: Vec<&str> = Vec::new();
    for row in INTERACTIONS.iter().filter(|row| fits(row.path, segments)) {
        if !methods.contains(&row.method) {
            methods.push(row.method);
        }
    }
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    if !methods.is_empty() {
        methods.push("OPTIONS");
    }
    methods.join(", ")
}

fn fits(pattern: &str, segments: &[String]) -> bool {
    let mut parts = pattern.split('/').filter(|part| !part.is_empty());
    let mut given = segments.iter();
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(segment)) if part_fits(part, segment) => {}
            _ => return false,
        }
    }
}

fn part_fits(part: &str, segment: &str) -> bool {
    let begins_upper = segment.starts_with(|first: char| first.is_ascii_uppercase());
    match part {
        "{type}" => begins_upper,
        "{id}" | "{version}" | "{file}" => !segment.starts_with(['_', '$']),
        "{member}" => begins_upper || segment == "*",
        "{operation}" => segment.starts_with('$'),
        literal => literal == segment,
    }
}

fn place(pattern: &str, segments: &[String]) -> Result<Place, Failure> {
    let mut place = Place::default();
    let parts = pattern.split('/').filter(|part| !part.is_empty());
    for (part, segment) in parts.zip(segments) {
        match part {
            "{type}" => place.type_id = Some(resource_type(segment)?),
            "{id}" => place.id = Some(segment.clone()),
            "{version}" => place.version = Some(segment.clone()),
            "{file}" => place.file = Some(segment.clone()),
            "{operation}" => place.operation = Some(segment.trim_start_matches('$').to_owned()),
            "{member}" if segment == "*" => place.member = Some(Member::All),
            "{member}" => place.member = Some(Member::Type(resource_type(segment)?)),
            _ => {}
        }
    }
    Ok(place)
}

fn resource_type(name: &str) -> Result<TypeId, Failure> {
    schema().resource_named(name).ok_or_else(|| {
        Failure::new(StatusCode::NOT_FOUND, "not-supported", format!("'{name}' is no type of resource"))
            .mended_by("write the type as the standard does, such as Patient; /metadata lists all")
    })
}

fn wrong_method(method: &str, allowed: &str) -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "not-supported", format!("{method} does nothing here"))
        .mended_by(format!("use one of {allowed}"))
        .with_header(header::ALLOW, allowed)
}

fn nowhere(segments: &[String]) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "not-found", format!("there is nothing at /{}", segments.join("/")))
        .mended_by("/metadata and /openapi.json say what there is")
}

impl Place {
    /// The resource that the path names.
    pub fn key(&self) -> Result<ResourceKey, Failure> {
        match (self.type_id, &self.id) {
            (Some(type_id), Some(id)) => Ok(record::bundle::key(type_id, id)?),
            _ => Err(Failure::not_found("the path names no resource")),
        }
    }

    /// The type that the path names.
    pub fn only_type(&self) -> Result<TypeId, Failure> {
        self.type_id.ok_or_else(|| Failure::not_found("the path names no type of resource"))
    }

    /// The version that the path names.
    pub fn version(&self) -> Result<u32, Failure> {
        let text = self.version.as_deref().unwrap_or_default();
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let version = text.parse().ok().filter(|_| digits);
        version.ok_or_else(|| {
            Failure::not_found(format!("there is no version '{text}': versions are whole numbers"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_rows() {
        let rows = [
            ("GET", "", "search-system"),
            ("POST", "/", "transaction"),
            ("GET", "/metadata", "capabilities"),
            ("GET", "/Patient", "search-type"),
            ("GET", "/Patient/", "search-type"),
            ("POST", "/Patient/_search", "search-type"),
            ("HEAD", "/Patient/1", "read"),
            ("GET", "/Patient/1/_history", "history-instance"),
            ("GET", "/Patient/1/_history/2", "vread"),
            ("GET", "/Patient/1/*", "search-compartment"),
            ("GET", "/Patient/1/Observation", "search-compartment"),
            ("POST", "/Patient/1/$everything", "operation"),
            ("GET", "/Patient/%24everything", "operation"),
        ];
        for (method, path, name) in rows {
            let (row, _) = find(method, path).unwrap_or_else(|_| panic!("{method} {path}"));
            assert_eq!(row.name, name, "{method} {path}");
        }
    }

    #[test]
    fn other_paths_lead_nowhere() {
        let status = |method, path| find(method, path).map(|_| ()).map_err(|failure| failure.status);
        assert_eq!(status("GET", "/nothing/here/at/all"), Err(StatusCode::NOT_FOUND));
        assert_eq!(status("GET", "/Patent/1"), Err(StatusCode::NOT_FOUND));
        assert_eq!(status("GET", "/Patient/%ff"), Err(StatusCode::NOT_FOUND));
        assert_eq!(status("DELETE", "/metadata"), Err(StatusCode::METHOD_NOT_ALLOWED));
        assert_eq!(allowed_methods("/metadata"), "GET, HEAD, OPTIONS");
    }
}
