//! FHIRPath Patch (R4 fhirpatch): operations in a Parameters resource.
//!
//! A path finds an element in the document; its place there, as steps from the root, is where the tree is changed.

use crate::error::Error;
use fhir::{Document, Element, Kind, Node, Object, Value};
use fhirpath::{Context, Expression, Item};

/// Applies the operations in order.
pub(super) fn apply(resource: &Document, parameters: Node<'_>) -> Result<Value, Error> {
    if parameters.get_str("resourceType").as_deref() != Some("Parameters") {
        return Err(Error::request("", "a FHIRPath Patch is a Parameters resource"));
    }
    let mut value = Value::from(resource);
    for (index, parameter) in parameters.each_of("parameter").enumerate() {
        let place = |message: String| {
            Error::request(format!("Parameters.parameter[{index}]"), format!("operation {index}: {message}"))
        };
        if parameter.get_str("name").as_deref() != Some("operation") {
            return Err(place("every parameter of a patch is named operation".to_owned()));
        }
        Operation::parse(parameter).and_then(|operation| operation.apply(&mut value)).map_err(place)?;
    }
    Ok(value)
}

struct Operation<'a> {
    kind: String,
    path: String,
    parts: Vec<(String, Node<'a>)>,
}

impl<'a> Operation<'a> {
    fn parse(parameter: Node<'a>) -> Result<Self, String> {
        let parts: Vec<_> = parameter
            .each_of("part")
            .filter_map(|part| Some((part.get_str("name")?.into_owned(), part)))
            .collect();
        let text = |name: &str| {
            let part = parts.iter().find(|(known, _)| known == name).map(|(_, part)| *part);
            part.and_then(value_of).and_then(Node::as_str).map(std::borrow::Cow::into_owned)
        };
        let kind = text("type").ok_or("it has no type")?;
        let path = text("path").ok_or("it has no path")?;
        Ok(Self { kind, path, parts })
    }

    fn part(&self, name: &str) -> Result<Node<'a>, String> {
        let found = self.parts.iter().find(|(known, _)| known == name).map(|(_, part)| *part);
        found.ok_or_else(|| format!("it has no {name}"))
    }

    fn name(&self) -> Result<String, String> {
        let name = value_of(self.part("name")?).and_then(Node::as_str);
        Ok(name.ok_or("its name is no string")?.into_owned())
    }

    fn index(&self, name: &str) -> Result<usize, String> {
        let number =
            value_of(self.part(name)?).and_then(Node::as_number).and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| format!("its {name} is no whole number from 0"))
    }

    fn apply(&self, value: &mut Value) -> Result<(), String> {
        let document = value.to_document();
        let expression = Expression::parse(&self.path);
        let expression = expression.map_err(|error| format!("the path is no FHIRPath: {error}"))?;
        let places = find(&document, &expression)?;
        match self.kind.as_str() {
            "add" => self.add(value, &one(&places, &self.path)?),
            "insert" => self.insert(value, &list(&places, &self.path)?),
            "delete" => match places.as_slice() {
                [] => Ok(()),
                [place] => delete(value, &place.steps),
                _ => Err(format!("the path '{}' finds several elements; a delete takes one", self.path)),
            },
            "replace" => {
                let place = one(&places, &self.path)?;
                let (content, type_name) = self.content()?;
                replace(value, &place, content, &type_name)
            }
            "move" => self.rearrange(value, &list(&places, &self.path)?),
            other => Err(format!("'{other}' is no operation; use add, insert, delete, replace or move")),
        }
    }

    /// The new value: `value[x]`, or parts for a complex one.
    fn content(&self) -> Result<(Value, String), String> {
        content_of(self.part("value")?).ok_or_else(|| "it has no value".to_owned())
    }

    fn add(&self, root: &mut Value, place: &Place<'_>) -> Result<(), String> {
        let name = self.name()?;
        let definition = place.element.type_id.definition();
        let (content, type_name) = self.content()?;
        let element = definition
            .element(name.trim_end_matches("[x]"))
            .or_else(|| definition.member(&name).map(|(element, _)| element))
            .ok_or_else(|| format!("{} has no element {name}", place.element.type_name()))?;
        let json_name = if element.is_choice {
            format!("{}{}", element.name, capitalised(&type_name))
        } else {
            element.name.to_owned()
        };
        let object = descend(root, &place.steps).and_then(Value::as_object_mut).ok_or("it is no object")?;
        if element.max == Some(1) {
            if object.get(&json_name).is_some() {
                return Err(format!("there is a {name} already; replace it"));
            }
            object.set(json_name, content);
            return Ok(());
        }
        match object.get_mut(&json_name) {
            Some(Value::Array(items)) => items.push(content),
            _ => object.set(json_name, Value::Array(vec![content])),
        }
        Ok(())
    }

    fn insert(&self, root: &mut Value, steps: &[Step]) -> Result<(), String> {
        let (index, (content, _)) = (self.index("index")?, self.content()?);
        let items = descend(root, steps).and_then(Value::as_array_mut).ok_or("it is no list")?;
        if index > items.len() {
            return Err(format!("index {index} is beyond the list of {}", items.len()));
        }
        items.insert(index, content);
        Ok(())
    }

    fn rearrange(&self, root: &mut Value, steps: &[Step]) -> Result<(), String> {
        let (from, to) = (self.index("source")?, self.index("destination")?);
        let items = descend(root, steps).and_then(Value::as_array_mut).ok_or("it is no list")?;
        if from.max(to) >= items.len() {
            return Err(format!("the list has {} items; source and destination count from 0", items.len()));
        }
        let item = items.remove(from);
        items.insert(to, item);
        Ok(())
    }
}

/// The `value[x]` of a parameter part.
fn value_of(part: Node<'_>) -> Option<Node<'_>> {
    part.members().find(|(name, _)| name.starts_with("value") && name != "value").map(|(_, value)| value)
}

/// A part's content and the name of its type; parts without a `value[x]` make an object of their own parts.
fn content_of(part: Node<'_>) -> Option<(Value, String)> {
    if let Some((name, value)) = part.members().find(|(name, _)| name.starts_with("value") && name != "value")
    {
        return Some((value.into(), name["value".len()..].to_owned()));
    }
    if let Some(resource) = part.get("resource") {
        return Some((resource.into(), "Resource".to_owned()));
    }
    let mut object = Object::new();
    for inner in part.each_of("part") {
        let name = inner.get_str("name")?.into_owned();
        let (content, _) = content_of(inner)?;
        match object.get_mut(&name) {
            Some(Value::Array(items)) => items.push(content),
            Some(other) => *other = Value::Array(vec![std::mem::take(other), content]),
            None => object.set(name, content),
        }
    }
    (!object.is_empty()).then(|| (Value::Object(object), "BackboneElement".to_owned()))
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A step from an element to what it holds.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Member(String),
    Item(usize),
}

/// Where an element stands.
struct Place<'a> {
    element: Element<'a>,
    steps: Vec<Step>,
}

fn find<'a>(document: &'a Document, expression: &'a Expression) -> Result<Vec<Place<'a>>, String> {
    let resource = Element::resource(document).ok_or("the content is no resource")?;
    let found = expression.evaluate(&Context::new(resource), resource).map_err(|error| error.to_string())?;
    let element = |item: &Item<'a>| {
        let element = item.element().ok_or("the path finds a computed value, not an element")?;
        let node = element.value.or(element.sibling).ok_or("the path finds an element without a place")?;
        let steps = steps_to(document.root(), node).ok_or("the path leads out of the resource")?;
        Ok(Place { element, steps })
    };
    found.iter().map(element).collect()
}

fn one<'a>(places: &[Place<'a>], path: &str) -> Result<Place<'a>, String> {
    match places {
        [place] => Ok(Place { element: place.element, steps: place.steps.clone() }),
        [] => Err(format!("the path '{path}' finds nothing")),
        _ => Err(format!("the path '{path}' finds several elements; it must find one")),
    }
}

/// The list that the elements found are the items of.
fn list(places: &[Place<'_>], path: &str) -> Result<Vec<Step>, String> {
    let first = places.first().ok_or_else(|| format!("the path '{path}' finds nothing"))?;
    match first.steps.split_last() {
        Some((Step::Item(_), list)) => Ok(list.to_vec()),
        _ => Err(format!("the path '{path}' finds no items of a list")),
    }
}

/// The steps from one place of a document down to another.
fn steps_to(from: Node<'_>, to: Node<'_>) -> Option<Vec<Step>> {
    if from.same_place(to) {
        return Some(Vec::new());
    }
    let holds = |node: Node<'_>| {
        let (outer, inner) = (node.range(), to.range());
        outer.start <= inner.start && inner.end <= outer.end
    };
    let (step, next) = match from.kind() {
        Kind::Object => {
            let (name, value) = from.members().find(|(_, value)| holds(*value))?;
            (Step::Member(name.into_owned()), value)
        }
        Kind::Array => {
            let (index, item) = from.items().enumerate().find(|(_, item)| holds(*item))?;
            (Step::Item(index), item)
        }
        _ => return None,
    };
    let mut steps = vec![step];
    steps.extend(steps_to(next, to)?);
    Some(steps)
}

fn descend<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Member(name) => value.as_object_mut()?.get_mut(name),
        Step::Item(index) => value.as_array_mut()?.get_mut(*index),
    })
}

/// Takes an element out; what becomes empty by it goes too, and so does a primitive's `_name` sibling.
fn delete(root: &mut Value, steps: &[Step]) -> Result<(), String> {
    let (last, before) =
        steps.split_last().ok_or("the whole resource cannot be deleted by a patch; use DELETE")?;
    let holder = descend(root, before).ok_or("there is nothing there")?;
    match (last, holder) {
        (Step::Member(name), Value::Object(object)) => {
            object.remove(name);
            object.remove(&format!("_{name}"));
            if object.is_empty() && !before.is_empty() {
                return delete(root, before);
            }
        }
        (Step::Item(index), Value::Array(items)) => {
            items.remove(*index);
            if items.is_empty() {
                return delete(root, before);
            }
        }
        _ => return Err("there is nothing there".to_owned()),
    }
    Ok(())
}

/// Puts a value in an element's place; a choice takes the name of the new type.
fn replace(root: &mut Value, place: &Place<'_>, content: Value, type_name: &str) -> Result<(), String> {
    let is_choice = place.element.definition.is_some_and(|definition| definition.is_choice);
    if let (true, Some((Step::Member(old), before))) = (is_choice, place.steps.split_last()) {
        let name = place.element.definition.map_or("", |definition| definition.name);
        let object = descend(root, before).and_then(Value::as_object_mut).ok_or("there is nothing there")?;
        object.remove(old);
        object.set(format!("{name}{}", capitalised(type_name)), content);
        return Ok(());
    }
    *descend(root, &place.steps).ok_or("there is nothing there")? = content;
    Ok(())
}
