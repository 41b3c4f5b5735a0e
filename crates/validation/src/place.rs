//! Where the walk is, as a list on the stack: a path in words is made only when there is something to say.

use std::fmt::Write;

/// A step of the way from the root; the root's name is the type of the resource.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    pub parent: Option<&'p Place<'p>>,
    pub name: &'p str,
    /// The index among the occurrences of an element that repeats.
    pub index: Option<usize>,
    /// How many steps there are above.
    pub depth: usize,
}

impl<'p> Place<'p> {
    pub fn root(name: &'p str) -> Self {
        Self { parent: None, name, index: None, depth: 0 }
    }

    pub fn child(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), name, index: None, depth: self.depth + 1 }
    }

    pub fn item(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    /// The path in simple FHIRPath.
    pub fn expression(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(text);
            text.push('.');
        }
        text.push_str(self.name);
        if let Some(index) = self.index {
            write!(text, "[{index}]").expect("writing to a string");
        }
    }
}
