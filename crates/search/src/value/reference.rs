//! References between resources (R4 search §3.1.1.4.12).

use crate::escape::unescape;
use crate::form::Form;
use crate::hash;
use crate::matcher::Ports;
use crate::path::Leaf;
use crate::rows::Home;
use crate::value::token::TokenTest;
use crate::value::uri::without_version;
use fhir::Node;
use fhir::schema::{TypeId, schema};
use std::borrow::Cow;

/// A condition on a reference.
#[derive(Clone, Debug, PartialEq)]
pub enum ReferenceTest {
    /// To a resource here.
    Local {
        /// The types it may have; empty: any.
        types: Vec<TypeId>,
        /// The id.
        id: String,
        /// Only references to this version.
        version: Option<String>,
    },
    /// To a URL: elsewhere, or a canonical.
    Url(String),
    /// `:identifier`: a reference by identifier.
    Identifier(TokenTest),
    /// `:text`: the words beside the reference begin so.
    Text(TokenTest),
    /// To any resource of a type (`re` and `pr` of `_filter`, `:[type]` without value).
    OfType(TypeId),
    /// `:below`, `:above` of a canonical.
    Uri(crate::value::uri::UriTest),
}

/// Where a reference of a resource leads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target<'a> {
    /// To a resource of this type and id on the server whose base is given; empty: this one.
    Resource { base: Cow<'a, str>, type_id: TypeId, id: Cow<'a, str>, version: Option<Cow<'a, str>> },
    /// To something else: a URN, a canonical, another kind of URL.
    Url(Cow<'a, str>),
}

/// The type and id in `Type/id`, `base/Type/id` or `…/_history/version`.
pub(crate) fn type_and_id(text: &str) -> Option<(TypeId, &str)> {
    parts(text).map(|(_, type_id, id, _)| (type_id, id))
}

/// The type and id of the resource of a server that a reference leads to; `None`: it leads elsewhere. `base_url`: absolute
/// references to it are local.
pub fn local_resource(text: &str, base_url: &str) -> Option<(TypeId, String)> {
    Target::read(text.into())?.local(base_url).map(|(type_id, id)| (type_id, id.to_owned()))
}

/// Base, type, id and version of a reference to a resource.
fn parts(text: &str) -> Option<(&str, TypeId, &str, Option<&str>)> {
    let text = text.split('#').next().unwrap_or(text);
    let (text, version) = match text.split_once("/_history/") {
        Some((text, version)) => (text, Some(version)),
        None => (text, None),
    };
    let (before, id) = text.rsplit_once('/')?;
    let (base, name) = before.rsplit_once('/').unwrap_or(("", before));
    let type_id = schema().resource_named(name)?;
    let id_fits = !id.is_empty()
        && id.len() <= 64
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    let base_fits = base.is_empty() || base.contains("://");
    (id_fits && base_fits).then_some((base, type_id, id, version))
}

impl<'a> Target<'a> {
    /// Where a reference text leads; `None` inside the resource.
    pub(crate) fn read(text: Cow<'a, str>) -> Option<Self> {
        if text.starts_with('#') {
            return None;
        }
        match text {
            Cow::Borrowed(text) => Some(match parts(text) {
                Some((base, type_id, id, version)) => Self::Resource {
                    base: base.into(),
                    type_id,
                    id: id.into(),
                    version: version.map(Cow::Borrowed),
                },
                None => Self::Url(text.into()),
            }),
            Cow::Owned(text) => Some(match parts(&text) {
                Some((base, type_id, id, version)) => Self::Resource {
                    base: base.to_owned().into(),
                    type_id,
                    id: id.to_owned().into(),
                    version: version.map(|version| version.to_owned().into()),
                },
                None => Self::Url(text.into()),
            }),
        }
    }

    /// The type and id, when the reference leads to a resource of this server.
    pub(crate) fn local(&self, base_url: &str) -> Option<(TypeId, &str)> {
        match self {
            Self::Resource { base, type_id, id, .. } if base.is_empty() || base == base_url => {
                Some((*type_id, id))
            }
            _ => None,
        }
    }

    /// The type of the resource it leads to, here or elsewhere.
    pub(crate) fn type_id(&self) -> Option<TypeId> {
        match self {
            Self::Resource { type_id, .. } => Some(*type_id),
            Self::Url(_) => None,
        }
    }

    /// The record of the patient it leads to; `None` when it leads elsewhere, or by a whole URL.
    pub(crate) fn home(&self) -> Option<Home> {
        self.local("").filter(|(type_id, _)| type_id.name() == "Patient").map(|(_, id)| Home::of_patient(id))
    }

    /// The hashes for rows and signatures: of `Type/id`, and of the URL when there is more than that.
    pub(crate) fn hashes(&self, visit: &mut dyn FnMut(i64)) {
        match self {
            Self::Resource { base, type_id, id, .. } => {
                visit(hash::of_reference(type_id.name(), id));
                if !base.is_empty() {
                    visit(hash::of_uri(&format!("{base}/{}/{id}", type_id.name())));
                }
            }
            Self::Url(url) => visit(hash::of_uri(without_version(url))),
        }
    }
}

/// Where a value leads.
pub(crate) fn target<'a>(node: Node<'a>, leaf: Leaf) -> Option<Target<'a>> {
    match leaf.form {
        Form::Reference => Target::read(node.get_str("reference")?),
        Form::Canonical | Form::Uri | Form::Text => Target::read(node.scalar()?),
        Form::Resource => Some(Target::Resource {
            base: "".into(),
            type_id: schema().resource_named(&node.get_str("resourceType")?)?,
            id: node.get_str("id")?,
            version: None,
        }),
        _ => None,
    }
}

impl ReferenceTest {
    /// Reads `id`, `Type/id` or a URL. `only` is the type of a `:[type]` modifier, `targets` those of the parameter.
    pub(crate) fn parse(
        text: &str,
        only: Option<TypeId>,
        targets: &[TypeId],
        base_url: &str,
    ) -> Result<Self, String> {
        let text = unescape(text);
        if text.is_empty() {
            return Err("a reference is missing; write Type/id, id or a URL".to_owned());
        }
        match Target::read(Cow::Borrowed(&text)) {
            Some(Target::Resource { base, type_id, id, version }) if base.is_empty() || base == base_url => {
                if only.is_some_and(|only| only != type_id) {
                    return Err(format!("{}/{id} is not of the type in the modifier", type_id.name()));
                }
                if !targets.is_empty() && !targets.contains(&type_id) {
                    let names: Vec<_> = targets.iter().map(|target| target.name()).collect();
                    return Err(format!(
                        "it never refers to {}; it may refer to {}",
                        type_id.name(),
                        names.join(", ")
                    ));
                }
                let version = version.map(Cow::into_owned);
                Ok(Self::Local { types: vec![type_id], id: id.into_owned(), version })
            }
            Some(Target::Resource { .. }) => Ok(Self::Url(text.into_owned())),
            Some(Target::Url(url)) if !url.contains([':', '/', '|']) => {
                let types = only.map_or_else(|| targets.to_vec(), |only| vec![only]);
                Ok(Self::Local { types, id: url.into_owned(), version: None })
            }
            Some(Target::Url(url)) => match url.split_once('/') {
                Some((name, _)) if !url.contains(':') && !url.contains('|') => {
                    Err(format!("{name} is no resource type, or what follows is no id; write Type/id"))
                }
                _ => Ok(Self::Url(url.into_owned())),
            },
            None => Err("a reference inside a resource cannot be searched for".to_owned()),
        }
    }

    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf, ports: &dyn Ports) -> bool {
        match self {
            Self::Local { types, id, version } => target(node, leaf).is_some_and(|target| {
                let version_fits = match (&target, version) {
                    (Target::Resource { version: Some(found), .. }, Some(version)) => found == version,
                    (_, Some(_)) => false,
                    (_, None) => true,
                };
                version_fits
                    && target.local(ports.base_url()).is_some_and(|(type_id, found)| {
                        found == id && (types.is_empty() || types.contains(&type_id))
                    })
            }),
            Self::Url(url) => holds_url(node, leaf, url),
            Self::Identifier(test) => {
                let leaf = Leaf { form: Form::Identifier, ..leaf };
                node.get("identifier").is_some_and(|identifier| test.holds(identifier, leaf, ports))
            }
            Self::Text(test) => leaf.form == Form::Reference && test.holds(node, leaf, ports),
            Self::OfType(wanted) => target(node, leaf).is_some_and(|target| {
                target.local(ports.base_url()).is_some_and(|(found, _)| found == *wanted)
            }),
            Self::Uri(test) => test.holds(node, leaf),
        }
    }

    /// Hashes of which a value that meets the condition has at least one; `None` when none can be named.
    pub(crate) fn hashes(&self) -> Option<Vec<i64>> {
        match self {
            Self::Local { types, id, .. } if !types.is_empty() => {
                Some(types.iter().map(|type_id| hash::of_reference(type_id.name(), id)).collect())
            }
            Self::Url(url) => {
                let mut hashes = Vec::new();
                Target::read(Cow::Borrowed(url))?.hashes(&mut |hash| hashes.push(hash));
                // The last is that of the URL as a whole.
                hashes.pop().map(|hash| vec![hash])
            }
            Self::Identifier(test) => test.hashes(false),
            Self::Uri(test) => test.hash().map(|hash| vec![hash]),
            Self::Local { .. } | Self::Text(_) | Self::OfType(_) => None,
        }
    }
}

fn holds_url(node: Node<'_>, leaf: Leaf, wanted: &str) -> bool {
    let found = match leaf.form {
        Form::Reference => node.get_str("reference"),
        _ => node.scalar(),
    };
    let Some(found) = found else { return false };
    // A canonical without a version stands for every version, a reference without one too.
    found == wanted
        || (!wanted.contains('|') && without_version(&found) == wanted)
        || (!wanted.contains("/_history/") && found.split("/_history/").next() == Some(wanted))
}
