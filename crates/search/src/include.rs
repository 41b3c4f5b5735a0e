//! What a resource refers to: for `_include` (R4 search §3.1.1.5.6).

use crate::matcher::type_of;
use crate::parameter::{Parameter, ParameterKind, parameter, parameters};
use crate::value::reference::target;
use fhir::Document;
use fhir::schema::TypeId;

/// The resources of this server that a resource refers to: by one parameter or, with `None`, by all; of one type or, with
/// `None`, of any. Each once, in order. `base_url`: absolute references to it are local.
pub fn references(
    document: &Document,
    code: Option<&str>,
    target_type: Option<TypeId>,
    base_url: &str,
) -> Vec<(TypeId, String)> {
    let Some(type_id) = type_of(document) else { return Vec::new() };
    let wanted: Vec<&'static Parameter> = match code {
        Some(code) => parameter(type_id, code).into_iter().collect(),
        None => parameters(type_id).to_vec(),
    };
    let root = document.root();
    let mut found: Vec<(TypeId, String)> = Vec::new();
    for parameter in wanted.into_iter().filter(|parameter| parameter.kind == ParameterKind::Reference) {
        parameter.program.find(root, root, &mut |node, leaf| {
            if let Some(target) = target(node, leaf)
                && let Some((of, id)) = target.local(base_url)
            {
                let fits = target_type.is_none_or(|wanted| wanted == of);
                if fits && !found.iter().any(|(known, other)| *known == of && other == id) {
                    found.push((of, id.to_owned()));
                }
            }
            false
        });
    }
    found
}
