//! JSON Patch (RFC 6902) over a resource.

use crate::error::Error;
use fhir::{Kind, Node, Value};

/// Applies the operations in order.
pub(super) fn apply(mut value: Value, patch: Node<'_>) -> Result<Value, Error> {
    if patch.kind() != Kind::Array {
        return Err(Error::request("", "a JSON Patch is an array of operations"));
    }
    for (index, operation) in patch.items().enumerate() {
        let place =
            |message: String| Error::request(format!("[{index}]"), format!("operation {index}: {message}"));
        apply_one(&mut value, operation).map_err(place)?;
    }
    Ok(value)
}

fn apply_one(root: &mut Value, operation: Node<'_>) -> Result<(), String> {
    let path = operation.get_str("path").ok_or("it has no path")?;
    let path = Pointer::parse(&path)?;
    let from =
        || -> Result<Pointer, String> { Pointer::parse(&operation.get_str("from").ok_or("it has no from")?) };
    let value = || -> Result<Value, String> { Ok(operation.get("value").ok_or("it has no value")?.into()) };
    match operation.get_str("op").as_deref() {
        Some("add") => add(root, &path, value()?),
        Some("remove") => remove(root, &path).map(|_| ()),
        Some("replace") => {
            *find(root, &path)? = value()?;
            Ok(())
        }
        Some("move") => {
            let from = from()?;
            if path.0.len() > from.0.len() && path.0.starts_with(&from.0) {
                return Err("a value cannot be moved into itself".to_owned());
            }
            let moved = remove(root, &from)?;
            add(root, &path, moved)
        }
        Some("copy") => {
            let copied = find(root, &from()?)?.clone();
            add(root, &path, copied)
        }
        Some("test") => {
            let expected = value()?;
            if same(find(root, &path)?, &expected) {
                Ok(())
            } else {
                Err(format!("the value at {path} is another"))
            }
        }
        Some(other) => {
            Err(format!("'{other}' is no operation; use add, remove, replace, move, copy or test"))
        }
        None => Err("it has no op".to_owned()),
    }
}

/// Equality as RFC 6902 section 4.6 has it: the order of members does not count. Numbers are compared as written:
/// in FHIR 1.0 and 1.00 are not the same.
fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(name, value)| two.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        _ => one == two,
    }
}

/// A JSON Pointer (RFC 6901).
struct Pointer(Vec<String>);

impl Pointer {
    fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('/') {
            Some(rest) => {
                Ok(Self(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()))
            }
            None if text.is_empty() => Ok(Self(Vec::new())),
            None => Err(format!("'{text}' is no JSON pointer; it begins with /")),
        }
    }
}

impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|part| write!(f, "/{part}"))
    }
}

fn find<'a>(root: &'a mut Value, path: &Pointer) -> Result<&'a mut Value, String> {
    descend(root, &path.0).ok_or_else(|| format!("there is nothing at {path}"))
}

fn descend<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Object(object) => object.get_mut(part),
        Value::Array(items) => items.get_mut(position(part)?),
        _ => None,
    })
}

fn position(part: &str) -> Option<usize> {
    let is_plain = part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    if is_plain { part.parse().ok() } else { None }
}

fn parent<'a>(root: &'a mut Value, path: &'a Pointer) -> Result<(&'a mut Value, &'a str), String> {
    let (last, before) =
        path.0.split_last().ok_or("the whole resource cannot be put in or taken out; use PUT")?;
    let parent = descend(root, before).ok_or_else(|| format!("there is nothing to hold {path}"))?;
    Ok((parent, last))
}

fn add(root: &mut Value, path: &Pointer, value: Value) -> Result<(), String> {
    if path.0.is_empty() {
        *root = value;
        return Ok(());
    }
    let (parent, last) = parent(root, path)?;
    match parent {
        Value::Object(object) => object.set(last, value),
        Value::Array(items) => {
            let at = if last == "-" { Some(items.len()) } else { position(last) };
            let at = at
                .filter(|at| *at <= items.len())
                .ok_or_else(|| format!("{path} is beyond the array's end"))?;
            items.insert(at, value);
        }
        _ => return Err(format!("what should hold {path} is neither object nor array")),
    }
    Ok(())
}

fn remove(root: &mut Value, path: &Pointer) -> Result<Value, String> {
    let (parent, last) = parent(root, path)?;
    let removed = match parent {
        Value::Object(object) => object.remove(last),
        Value::Array(items) => position(last).filter(|at| *at < items.len()).map(|at| items.remove(at)),
        _ => None,
    };
    removed.ok_or_else(|| format!("there is nothing at {path}"))
}
