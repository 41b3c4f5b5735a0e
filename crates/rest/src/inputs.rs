//! What an operation is given: parameters of the URL, or a Parameters resource (R4 operations §3.2.0.2).

use crate::call::Call;
use crate::failure::Failure;
use crate::operations::Operation;
use crate::parameters::Parameters;
use crate::presentation::PARAMETERS;
use fhir::schema::schema;
use fhir::{Document, Kind, Node, Object, Value};

/// The parameters of an operation, in order.
pub(crate) struct Inputs(Vec<(String, Input)>);

enum Input {
    /// A primitive's value.
    Text(String),
    /// A data type or a resource.
    Tree(Document),
}

impl Input {
    /// What stands in a parameter; `None` when it is null.
    fn of(node: Node<'_>) -> Option<Self> {
        match node.kind() {
            Kind::Object => Some(Self::Tree(Document::from_node(node))),
            _ => Some(Self::Text(node.scalar()?.into_owned())),
        }
    }
}

impl Inputs {
    /// Reads the parameters of the URL and the body, and refuses those that the operation does not have.
    pub fn read(call: &Call, operation: &Operation) -> Result<Self, Failure> {
        let mut url = call.query.clone();
        url.take(&PARAMETERS);
        let mut inputs: Vec<_> = url.0.into_iter().map(|(name, value)| (name, Input::Text(value))).collect();
        if call.method == "POST" && !call.body.is_empty() {
            inputs.append(&mut body_inputs(call, operation)?);
        }
        let known = |name: &str| operation.parameters.iter().any(|parameter| parameter.name == name);
        match inputs.iter().find(|(name, _)| !known(name)) {
            Some((name, _)) if !operation.takes_search_parameters => {
                let names: Vec<_> = operation.parameters.iter().map(|parameter| parameter.name).collect();
                Err(Failure::bad_request(format!("${} has no parameter '{name}'", operation.name))
                    .mended_by(format!("use {}", names.join(", ")))
                    .at(&format!("http.{name}")))
            }
            _ => Ok(Self(inputs)),
        }
    }

    /// The parameters of a URL, whatever they are.
    #[cfg(test)]
    pub fn of_url(url: Parameters) -> Self {
        Self(url.0.into_iter().map(|(name, value)| (name, Input::Text(value))).collect())
    }

    /// The text of a parameter; an empty one counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).find(|text| !text.is_empty())
    }

    /// The texts of a parameter that may be repeated.
    pub fn texts<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |(known, _)| known == name).filter_map(|(_, input)| match input {
            Input::Text(text) => Some(text.as_str()),
            Input::Tree(_) => None,
        })
    }

    /// The data type or resource that is given as a parameter.
    pub fn tree(&self, name: &str) -> Option<&Document> {
        self.trees(name).next()
    }

    /// The data types or resources of a parameter that may be repeated.
    pub fn trees<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Document> + use<'a, 'n> {
        self.0.iter().filter(move |(known, _)| known == name).filter_map(|(_, input)| match input {
            Input::Tree(document) => Some(document),
            Input::Text(_) => None,
        })
    }

    /// A parameter that must be there.
    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| Failure::missing(name, format!("give {name}")))
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<usize>, Failure> {
        let read = |text: &str| {
            text.parse().map_err(|_| Failure::parameter(name, "write a whole number, such as 20"))
        };
        self.text(name).map(read).transpose()
    }

    /// A truth value; false when it is absent.
    pub fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Failure::parameter(name, "write true or false")),
        }
    }

    /// All texts as parameters of a search, without some.
    pub fn search_parameters(&self, without: &[&str]) -> Vec<(String, String)> {
        let texts = self.0.iter().filter_map(|(name, input)| match input {
            Input::Text(text) => Some((name.clone(), text.clone())),
            Input::Tree(_) => None,
        });
        texts.filter(|(name, _)| !without.contains(&name.as_str())).collect()
    }

    /// The texts as parameters of a URL, without some: for links.
    pub fn to_parameters(&self, without: &[&str]) -> Parameters {
        Parameters(self.search_parameters(without))
    }
}

fn body_inputs(call: &Call, operation: &Operation) -> Result<Vec<(String, Input)>, Failure> {
    let document = call.body.resource()?;
    match document.resource_type().as_deref() {
        Some("Parameters") => {
            document.root().each_of("parameter").filter_map(|node| input(node).transpose()).collect()
        }
        Some(name) if schema().resource_named(name).is_some() => {
            Ok(vec![("resource".to_owned(), Input::Tree(document))])
        }
        None if operation.takes_plain_object => {
            let members = document.root().members();
            Ok(members.flat_map(|(name, member)| values(&name, member)).collect())
        }
        _ => Err(Failure::bad_request("the body is neither Parameters nor another resource")
            .mended_by("send a Parameters resource")),
    }
}

/// The member of a plain object as parameters: an array is a parameter that is repeated.
fn values(name: &str, member: Node<'_>) -> Vec<(String, Input)> {
    let items = if member.kind() == Kind::Array { member.items().collect() } else { vec![member] };
    items.into_iter().filter_map(|item| Some((name.to_owned(), Input::of(item)?))).collect()
}

/// One parameter; `None` when it has neither value nor resource nor parts.
fn input(parameter: Node<'_>) -> Result<Option<(String, Input)>, Failure> {
    let name = parameter.get_str("name");
    let name =
        name.ok_or_else(|| Failure::bad_request("a parameter has no name").at("Parameters.parameter.name"))?;
    let input = match content(parameter) {
        Some(node) => Input::of(node),
        None => parts(parameter).map(|parts| Input::Tree(Value::from(parts).to_document())),
    };
    Ok(input.map(|input| (name.into_owned(), input)))
}

fn content(parameter: Node<'_>) -> Option<Node<'_>> {
    let is_content = |name: &str| name == "resource" || name.starts_with("value");
    parameter.members().find(|(name, _)| is_content(name)).map(|(_, node)| node)
}

/// The parts of a parameter by their names, each an array; `None` when there are none.
fn parts(parameter: Node<'_>) -> Option<Object> {
    let mut parts = Object::new();
    for part in parameter.each_of("part") {
        let (Some(name), Some(node)) = (part.get_str("name"), content(part)) else { continue };
        match parts.get_mut(&name).and_then(Value::as_array_mut) {
            Some(values) => values.push(node.into()),
            None => parts.set(name, vec![Value::from(node)]),
        }
    }
    (!parts.is_empty()).then_some(parts)
}
