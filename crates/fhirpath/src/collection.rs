//! Ordered collections of items. None and one, by far the most, need no memory of their own.

use crate::item::Item;

/// An ordered collection.
#[derive(Clone, Debug, Default)]
pub struct Collection<'a>(Items<'a>);

#[derive(Clone, Debug, Default)]
enum Items<'a> {
    #[default]
    None,
    One(Item<'a>),
    Many(Vec<Item<'a>>),
}

impl<'a> Collection<'a> {
    /// The empty collection, `{}`.
    pub const EMPTY: Self = Self(Items::None);

    /// The items in order.
    pub fn as_slice(&self) -> &[Item<'a>] {
        match &self.0 {
            Items::None => &[],
            Items::One(item) => std::slice::from_ref(item),
            Items::Many(items) => items,
        }
    }

    /// Adds an item at the end.
    pub fn push(&mut self, item: Item<'a>) {
        match &mut self.0 {
            Items::None => self.0 = Items::One(item),
            Items::Many(items) => items.push(item),
            Items::One(_) => {
                let Items::One(first) = std::mem::take(&mut self.0) else { return };
                let mut items = Vec::with_capacity(4);
                items.push(first);
                items.push(item);
                self.0 = Items::Many(items);
            }
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// True without items.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// The first item.
    pub fn first(&self) -> Option<&Item<'a>> {
        self.as_slice().first()
    }

    /// The items in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Item<'a>> {
        self.as_slice().iter()
    }
}

impl<'a> From<Item<'a>> for Collection<'a> {
    fn from(item: Item<'a>) -> Self {
        Self(Items::One(item))
    }
}

impl<'a> From<Option<Item<'a>>> for Collection<'a> {
    fn from(item: Option<Item<'a>>) -> Self {
        Self(item.map_or(Items::None, Items::One))
    }
}

impl<'a> From<Option<bool>> for Collection<'a> {
    fn from(value: Option<bool>) -> Self {
        value.map(Item::Boolean).into()
    }
}

impl<'a> From<Vec<Item<'a>>> for Collection<'a> {
    fn from(items: Vec<Item<'a>>) -> Self {
        Self(if items.is_empty() { Items::None } else { Items::Many(items) })
    }
}

impl<'a> FromIterator<Item<'a>> for Collection<'a> {
    fn from_iter<I: IntoIterator<Item = Item<'a>>>(items: I) -> Self {
        let mut collection = Self::EMPTY;
        collection.extend(items);
        collection
    }
}

impl<'a> Extend<Item<'a>> for Collection<'a> {
    fn extend<I: IntoIterator<Item = Item<'a>>>(&mut self, items: I) {
        for item in items {
            self.push(item);
        }
    }
}

impl<'a> IntoIterator for Collection<'a> {
    type Item = Item<'a>;
    type IntoIter = IntoIter<'a>;

    fn into_iter(self) -> IntoIter<'a> {
        IntoIter(match self.0 {
            Items::None => Rest::One(None),
            Items::One(item) => Rest::One(Some(item)),
            Items::Many(items) => Rest::Many(items.into_iter()),
        })
    }
}

impl<'c, 'a> IntoIterator for &'c Collection<'a> {
    type Item = &'c Item<'a>;
    type IntoIter = std::slice::Iter<'c, Item<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The items of a collection, given away one by one.
pub struct IntoIter<'a>(Rest<'a>);

enum Rest<'a> {
    One(Option<Item<'a>>),
    Many(std::vec::IntoIter<Item<'a>>),
}

impl<'a> Iterator for IntoIter<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        match &mut self.0 {
            Rest::One(item) => item.take(),
            Rest::Many(items) => items.next(),
        }
    }
}
