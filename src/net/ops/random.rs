//! Operators whose results differ from run to run.

use super::{attr::Attr, operator::Operator, roles::Nature};

pub(super) static TABLE: &[Operator] = &[
    random("Bernoulli", 1, &[Attr::Int("dtype"), Attr::Float("seed")]),
    random("Multinomial", 1, &[Attr::Int("dtype"), Attr::Int("sample_size"), Attr::Float("seed")]),
    random("RandomNormal", 0, NORMAL),
    random("RandomNormalLike", 1, NORMAL),
    random("RandomUniform", 0, UNIFORM),
    random("RandomUniformLike", 1, UNIFORM),
];

const NORMAL: &[Attr] = &[
    Attr::Int("dtype"),
    Attr::Float("mean"),
    Attr::Float("scale"),
    Attr::Float("seed"),
    Attr::Ints("shape"),
];

const UNIFORM: &[Attr] =
    &[Attr::Int("dtype"), Attr::Float("high"), Attr::Float("low"), Attr::Float("seed"), Attr::Ints("shape")];

const fn random(name: &'static str, operands: usize, attributes: &'static [Attr]) -> Operator {
    Operator { attributes, nature: Nature::Random, ..Operator::standard(name, operands, operands) }
}
