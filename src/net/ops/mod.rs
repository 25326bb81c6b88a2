//! The table of operators: all that declass knows of each, one entry per operator, and the only place that
//! names them.
//!
//! To add one, go to the file of its family and add an entry to its table. `Operator::standard(name, least,
//! most)` says that it is an operator of ONNX with so many operands; every other field has a default that
//! says "nothing is known":
//!
//! ```ignore
//! Operator {
//!     attributes: &[Attr::Float("alpha")],          // what the entry accounts for
//!     rank: same_rank,                              // axes of the result
//!     constant: Some(|it| it.map(|x| 2.0 * x)),     // on the host, in f64; sizes are bounded by `Constant`
//!     before: Before::NON_NEGATIVE,                 // what a head that reads the result may rely on
//!     behind: Behind::Mapped(Function::Rectified),  // what becomes of logits
//!     kernel: Kernel::Map(Map::MyFunction),         // how it is run: `run` has the numbers
//!     ..Operator::standard("MyOperator", 1, 1)
//! }
//! ```
//!
//! A field that is left out is honest: in front of a head the operator is passed by, behind it the model is
//! refused with its name. A new family is a file with a `TABLE` that [`FAMILIES`] lists. An effect on logits
//! that no variant of [`Behind`] describes is a new variant, and a rule for it in `src/cut/onnx/`, which
//! follows logits and knows no names.

mod arithmetic;
mod attr;
mod before;
mod behind;
mod choose;
mod classical;
mod compare;
mod elementwise;
mod kernel;
mod linear;
pub(crate) mod nodes;
mod normalise;
mod operands;
mod operator;
mod pick;
mod pool;
mod quantise;
mod random;
mod rearrange;
mod recurrent;
mod reduce;
mod roles;
mod rules;
mod source;
mod squash;

use std::{collections::HashMap, sync::LazyLock};

pub(crate) use before::{Sign, Values, Vectors};
pub(crate) use behind::{
    Arithmetic, Behind, Function, Norm, Picking, Pooling, Rearrangement, Reduction, Squash, Statistic, Window,
};
use declass_formats::onnx::{Graph, Node};
pub(crate) use kernel::{
    Best, Bits, Cell, Comparison, Fold, Kernel, Logic, Map, Pairwise, Pool, Softmax, Test,
};
pub(crate) use operands::Operands;
pub(crate) use operator::{Domain, Operator};
pub(crate) use quantise::{dequantised, kept, product};
pub(crate) use roles::{AsHead, Classical, List, Nature, Results, View, Weight};
pub(crate) use rules::{Facts, Linear, WholeNumbers};

use super::problem::Unknown;

/// The tables of all families.
static FAMILIES: &[&[Operator]] = &[
    arithmetic::TABLE,
    choose::TABLE,
    classical::TABLE,
    compare::TABLE,
    elementwise::TABLE,
    linear::TABLE,
    normalise::TABLE,
    pick::TABLE,
    pool::TABLE,
    quantise::TABLE,
    random::TABLE,
    rearrange::TABLE,
    recurrent::TABLE,
    reduce::TABLE,
    source::TABLE,
    squash::TABLE,
];

/// Every operator that is known, by set and name.
static OPERATORS: LazyLock<HashMap<(Domain, &str), &Operator>> = LazyLock::new(|| {
    let all = FAMILIES.iter().flat_map(|family| family.iter());
    all.map(|operator| ((operator.domain, operator.name), operator)).collect()
});

/// The operators that can be run, each with its set where that is not the standard one.
pub(crate) fn that_run() -> Vec<String> {
    let all = FAMILIES.iter().flat_map(|family| family.iter());
    let run = all.filter(|operator| operator.kernel != Kernel::None && operator.nature != Nature::Random);
    let mut names: Vec<String> = run.map(|operator| operator.domain.qualify(operator.name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// An attribute that operator sets before 6 gave to most operators: which operands may be overwritten. It
/// means nothing.
const WITHOUT_MEANING: &str = "consumed_inputs";

/// What a node's operator is, read once when the graph is.
#[derive(Debug)]
pub(crate) struct Op {
    entry: Entry,
    /// Version of the operator set that the node's domain has in this file; newest if the file names none.
    version: i64,
}

/// What the table has for a node.
#[derive(Debug)]
enum Entry {
    /// An entry that accounts for everything about it.
    Whole(&'static Operator),
    /// An entry, and what about the node goes beyond it.
    Part(&'static Operator, Unknown),
    None(Unknown),
}

impl Op {
    /// Looks a node's operator up.
    pub(crate) fn parse(node: &Node, graph: &Graph) -> Self {
        let version = graph.opsets.get(node.domain.as_str()).copied().unwrap_or(i64::MAX);
        let domain = Domain::parse(&node.domain);
        if let Some(why) = node.call {
            return Self { entry: Entry::None(Unknown::Call(why)), version };
        }
        let operator = domain.and_then(|domain| OPERATORS.get(&(domain, node.op_type.as_str())).copied());
        let entry = match operator.map(|operator| (operator, operator.unknown_use(node))) {
            Some((operator, None)) => Entry::Whole(operator),
            Some((operator, Some(unknown))) => Entry::Part(operator, unknown),
            None if domain == Some(Domain::Standard) => Entry::None(Unknown::Operator),
            None => Entry::None(Unknown::Foreign(node.domain.clone())),
        };
        Self { entry, version }
    }

    /// The entry, if it accounts for everything about this use.
    pub(crate) fn known(&self) -> Result<&'static Operator, &Unknown> {
        match &self.entry {
            Entry::Whole(operator) => Ok(operator),
            Entry::Part(_, unknown) | Entry::None(unknown) => Err(unknown),
        }
    }

    /// The entry by name alone, whatever its attributes. Enough for the roles of operands in front of a head,
    /// where a wrong one does no harm: it moves no weight and proves nothing.
    pub(crate) fn named(&self) -> Option<&'static Operator> {
        match &self.entry {
            Entry::Whole(operator) | Entry::Part(operator, _) => Some(operator),
            Entry::None(_) => None,
        }
    }

    /// Version of its operator set.
    pub(crate) fn version(&self) -> i64 {
        self.version
    }

    /// Whether the use is known and has this effect behind a head.
    pub(crate) fn behind(&self) -> Result<Behind, &Unknown> {
        self.known().map(|operator| operator.behind)
    }

    /// Whether an operand only steers.
    pub(crate) fn is_control(&self, operand: usize) -> bool {
        self.named().is_some_and(|operator| operator.control.contains(&operand))
    }

    /// Whether it gives the shape of its operand and not its content.
    pub(crate) fn is_shape(&self) -> bool {
        self.nature() == Nature::ShapeOf
    }

    pub(crate) fn nature(&self) -> Nature {
        self.named().map_or(Nature::Computed, |operator| operator.nature)
    }

    pub(crate) fn results(&self) -> Results {
        self.named().map_or(Results::Data, |operator| operator.results)
    }

    pub(crate) fn weight(&self) -> Weight {
        self.named().map_or(Weight::None, |operator| operator.weight)
    }

    pub(crate) fn is_classical(&self) -> bool {
        matches!(self.weight(), Weight::Attributes(_))
    }

    /// What it does with a list of extents.
    pub(crate) fn list(&self) -> List {
        self.known().map_or(List::Other, |operator| operator.list)
    }

    /// Whether the first result has the values of the first operand.
    pub(crate) fn values(&self) -> Values {
        self.named().map_or(Values::Other, |operator| operator.before.values)
    }
}

impl Operator {
    /// What of a node goes beyond the entry.
    fn unknown_use(&self, node: &Node) -> Option<Unknown> {
        for (name, value) in node.attributes.iter().filter(|(name, _)| *name != WITHOUT_MEANING) {
            let stated = self.attributes.iter().find(|attribute| attribute.name() == name);
            if !stated.is_some_and(|attribute| attribute.takes(value)) {
                return Some(Unknown::Attribute(name.clone()));
            }
        }
        let given = node.inputs.len();
        let required = node.inputs.iter().take(self.least).filter(|name| !name.is_empty()).count();
        (given > self.most || required < self.least).then_some(Unknown::Operands(given))
    }
}

#[cfg(test)]
mod tests;
