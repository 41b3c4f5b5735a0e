//! Text to syntax tree, by precedence climbing (FHIRPath 2.0, appendix B).

pub(crate) mod error;
mod invocation;
pub(crate) mod lexer;
mod term;

use crate::syntax::{
    Binary, Node, OPERATORS, Operator, TYPE_TEST_BINDING, TypeSpecifier, TypeTest, UNION_BINDING,
};
use error::ParseError;
use lexer::{Token, TokenKind};

/// How deep a tree may be; evaluation recurses as deep.
pub(crate) const DEPTH_LIMIT: u16 = 128;

/// Reads a whole expression.
pub(crate) fn parse(text: &str) -> Result<Node, ParseError> {
    let mut parser = Parser { tokens: lexer::tokens(text)?, at: 0, nesting: 0 };
    let (node, _) = parser.expression(0)?;
    match parser.peek() {
        TokenKind::End => Ok(node),
        _ => Err(parser.unexpected("the end of the expression")),
    }
}

/// A node with the depth of its tree.
type Deep = (Node, u16);

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    /// Calls of [`Parser::expression`] under way.
    nesting: u16,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &TokenKind<'t> {
        &self.tokens[self.at].kind
    }

    fn offset(&self) -> usize {
        self.tokens[self.at].offset
    }

    /// The next token; the last, [`TokenKind::End`], stays.
    fn next(&mut self) -> Token<'t> {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), TokenKind::Symbol(text) if *text == symbol);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.accept(symbol) { Ok(()) } else { Err(self.unexpected(&format!("\"{symbol}\""))) }
    }

    fn unexpected(&self, expected: &str) -> ParseError {
        let found = match self.peek() {
            TokenKind::Word(text) | TokenKind::Number(text) => format!("\"{text}\""),
            TokenKind::Temporal(text) => format!("@{text}"),
            TokenKind::Special(text) => format!("${text}"),
            TokenKind::Delimited(name) => format!("`{name}`"),
            TokenKind::String(_) => "a string".to_owned(),
            TokenKind::Symbol(symbol) => format!("\"{symbol}\""),
            TokenKind::End => "the end".to_owned(),
        };
        ParseError::new(self.offset(), format!("found {found} where {expected} belongs"))
    }

    fn deeper(&self, depth: u16) -> Result<u16, ParseError> {
        if depth < DEPTH_LIMIT {
            Ok(depth + 1)
        } else {
            Err(ParseError::new(
                self.offset(),
                format!("the expression is nested more than {DEPTH_LIMIT} deep"),
            ))
        }
    }

    /// An expression whose operators bind at least this tightly.
    fn expression(&mut self, least: u8) -> Result<Deep, ParseError> {
        self.nesting = self.deeper(self.nesting)?;
        let mut left = self.unary()?;
        while let Some((operator, binding)) = self.infix().filter(|(_, binding)| *binding >= least) {
            left = self.operation(left, operator, binding)?;
        }
        self.nesting -= 1;
        Ok(left)
    }

    fn infix(&self) -> Option<(Infix, u8)> {
        let text = match self.peek() {
            TokenKind::Symbol(text) => *text,
            TokenKind::Word(text) => *text,
            _ => return None,
        };
        match text {
            "|" => Some((Infix::Union, UNION_BINDING)),
            "is" => Some((Infix::TypeTest { is_cast: false }, TYPE_TEST_BINDING)),
            "as" => Some((Infix::TypeTest { is_cast: true }, TYPE_TEST_BINDING)),
            _ => OPERATORS.iter().find(|row| row.0 == text).map(|row| (Infix::Binary(row.1), row.2)),
        }
    }

    fn operation(&mut self, left: Deep, infix: Infix, binding: u8) -> Result<Deep, ParseError> {
        self.next();
        let (left, left_depth) = left;
        match infix {
            Infix::TypeTest { is_cast } => {
                let type_specifier = self.type_specifier()?;
                let node = Node::TypeTest(Box::new(TypeTest { operand: left, is_cast, type_specifier }));
                Ok((node, self.deeper(left_depth)?))
            }
            Infix::Union => {
                let (right, right_depth) = self.expression(binding + 1)?;
                // Long alternatives, as search parameters have them, stay flat.
                Ok(match left {
                    Node::Union(mut parts) => {
                        parts.push(right);
                        (Node::Union(parts), left_depth.max(self.deeper(right_depth)?))
                    }
                    left => (Node::Union(vec![left, right]), self.deeper(left_depth.max(right_depth))?),
                })
            }
            Infix::Binary(operator) => {
                let (right, right_depth) = self.expression(binding + 1)?;
                let node = Node::Binary(Box::new(Binary { operator, left, right }));
                Ok((node, self.deeper(left_depth.max(right_depth))?))
            }
        }
    }

    fn unary(&mut self) -> Result<Deep, ParseError> {
        let negative = *self.peek() == TokenKind::Symbol("-");
        if !negative && *self.peek() != TokenKind::Symbol("+") {
            return self.chain();
        }
        self.next();
        self.nesting = self.deeper(self.nesting)?;
        let (operand, depth) = self.unary()?;
        self.nesting -= 1;
        Ok((Node::Polarity { negative, operand: Box::new(operand) }, self.deeper(depth)?))
    }

    /// A type name, perhaps with its namespace.
    fn type_specifier(&mut self) -> Result<TypeSpecifier, ParseError> {
        let first = self.identifier()?;
        if !self.accept(".") {
            return Ok(TypeSpecifier::new(None, &first));
        }
        let name = self.identifier()?;
        Ok(TypeSpecifier::new(Some(&first), &name))
    }

    /// A name; keywords count as names where only a name can stand.
    fn identifier(&mut self) -> Result<String, ParseError> {
        match self.peek() {
            TokenKind::Word(_) | TokenKind::Delimited(_) => match self.next().kind {
                TokenKind::Word(text) => Ok(text.to_owned()),
                TokenKind::Delimited(name) => Ok(name),
                _ => Ok(String::new()),
            },
            _ => Err(self.unexpected("a name")),
        }
    }
}

#[derive(Clone, Copy)]
enum Infix {
    Binary(Operator),
    Union,
    TypeTest { is_cast: bool },
}

#[cfg(test)]
mod tests;
