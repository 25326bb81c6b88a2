//! Model-local functions: which nodes call one, and the graph as it is with every body in the place of its
//! call.
//!
//! The file is not changed by this: it is a way to read it. What cannot be read so without doubt stays a call,
//! with the reason: a body that is none, a function that calls itself, one by the name of an operator that
//! runtimes have built in (some of them run theirs, others the function's), one that is written for another
//! version of an operator set (some runtimes run it by the model's).

use std::collections::{BTreeMap, HashMap, HashSet};

use onnx_protobuf::{FunctionProto, Message as _, ModelProto};

use super::{convert, graph::Graph};

/// The functions of a model, looked at once.
pub(super) struct Functions<'m> {
    pub(super) all: &'m [FunctionProto],
    /// Which function a name stands for, or why that is not known.
    named: HashMap<Name<'m>, Result<usize, &'static str>>,
    /// Domains and names of all, whatever their overloads.
    families: HashSet<(&'m str, &'m str)>,
    /// By function: its bytes.
    sizes: Vec<usize>,
}

/// What tells functions apart: domain, name, overload.
type Name<'m> = (&'m str, &'m str, &'m str);

impl<'m> Functions<'m> {
    pub(super) fn of(model: &'m ModelProto) -> Self {
        let all = model.functions.as_slice();
        let opsets = convert::opsets(&model.opset_import);
        let mut named: HashMap<Name<'m>, Result<usize, &'static str>> = HashMap::new();
        for (index, function) in all.iter().enumerate() {
            let own = check(function, &opsets).map(|()| index);
            let twice = |known: &mut Result<usize, &'static str>| *known = Err(TWICE);
            named.entry(name(function)).and_modify(twice).or_insert(own);
        }
        let families = named.keys().map(|(domain, name, _)| (*domain, *name)).collect();
        let sizes = all.iter().map(|function| usize::try_from(function.compute_size()).unwrap_or(usize::MAX));
        let mut functions = Self { all, named, families, sizes: sizes.collect() };
        for index in functions.circular() {
            functions.named.insert(name(&all[index]), Err(CIRCULAR));
        }
        functions
    }

    /// The function that a node calls; `None` if it calls none.
    pub(super) fn called(
        &self,
        domain: &str,
        op: &str,
        overload: &str,
    ) -> Option<Result<usize, &'static str>> {
        let own = self.named.get(&(convert::domain(domain), op, overload)).copied();
        // A runtime that knows no overloads takes another one by that name.
        let other = || self.families.contains(&(convert::domain(domain), op)).then_some(Err(OVERLOAD));
        own.or_else(other)
    }

    /// Bytes of a function.
    pub(super) fn size(&self, function: usize) -> usize {
        self.sizes.get(function).copied().unwrap_or(usize::MAX)
    }

    /// Functions that come to call themselves: what calls nothing that is left ends, and what is left in the
    /// end is a circle, or comes to one.
    fn circular(&self) -> Vec<usize> {
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); self.all.len()];
        let mut calls = vec![0; self.all.len()];
        for (index, function) in self.all.iter().enumerate() {
            for node in &function.node {
                if let Some(Ok(called)) = self.called(&node.domain, &node.op_type, &node.overload) {
                    callers[called].push(index);
                    calls[index] += 1;
                }
            }
        }
        let mut ended: Vec<usize> = (0..calls.len()).filter(|index| calls[*index] == 0).collect();
        while let Some(index) = ended.pop() {
            for caller in std::mem::take(&mut callers[index]) {
                calls[caller] -= 1;
                if calls[caller] == 0 {
                    ended.push(caller);
                }
            }
        }
        (0..calls.len()).filter(|index| calls[*index] > 0).collect()
    }
}

fn name(function: &FunctionProto) -> Name<'_> {
    (convert::domain(&function.domain), function.name.as_str(), function.overload.as_str())
}

/// Whether a body can stand in the place of a call: every value is given or made once, and every operator is
/// the one that it is in the main graph.
fn check(function: &FunctionProto, opsets: &BTreeMap<String, i64>) -> Result<(), &'static str> {
    if is_built_in(convert::domain(&function.domain)) {
        return Err(BUILT_IN);
    }
    let mut made: HashSet<&str> = HashSet::new();
    if !function.input.iter().all(|name| !name.is_empty() && made.insert(name)) {
        return Err(NO_BODY);
    }
    let results = || function.node.iter().flat_map(|node| &node.output).filter(|name| !name.is_empty());
    if !results().all(|name| made.insert(name)) {
        return Err(NO_BODY);
    }
    let results: HashSet<&str> = results().map(String::as_str).collect();
    let mut given = HashSet::new();
    if !function.output.iter().all(|name| results.contains(name.as_str()) && given.insert(name)) {
        return Err(NO_BODY);
    }
    let own = convert::opsets(&function.opset_import);
    let declared = |name: &String| {
        function.attribute.contains(name) || function.attribute_proto.iter().any(|known| known.name == *name)
    };
    for node in &function.node {
        let captures = convert::node_captures(node);
        let mut read = node.input.iter().chain(&captures).filter(|name| !name.is_empty());
        if !read.all(|name| made.contains(name.as_str())) {
            return Err(NO_BODY);
        }
        let mut references = node.attribute.iter().map(|attribute| &attribute.ref_attr_name);
        if !references.all(|name| name.is_empty() || declared(name)) {
            return Err(NO_BODY);
        }
        let domain = convert::domain(&node.domain);
        let versions = (own.get(domain), opsets.get(domain));
        if is_built_in(domain) && !matches!(versions, (Some(own), Some(main)) if own == main) {
            return Err(VERSION);
        }
    }
    Ok(())
}

/// Whether runtimes have operators of this set built in.
fn is_built_in(domain: &str) -> bool {
    domain.is_empty()
        || ["ai.onnx", "com.microsoft", "com.ms.", "org.pytorch.aten"]
            .iter()
            .any(|set| domain.starts_with(set))
}

/// Marks the nodes of the main graph that call a function.
pub(super) fn mark_calls(graph: &mut Graph, model: &ModelProto, functions: &Functions<'_>) {
    for (node, proto) in graph.nodes.iter_mut().zip(&model.graph.node) {
        node.call = functions
            .called(&node.domain, &node.op_type, &proto.overload)
            .map(|found| found.err().unwrap_or(NOT_YET));
    }
}

/// Why a call is not looked into.
pub(super) const NOT_YET: &str = "which holds too much to be looked into";
const BUILT_IN: &str = "and runtimes have an operator of that name, which some run instead";
const CIRCULAR: &str = "which calls itself";
const NO_BODY: &str = "whose body is malformed";
const OVERLOAD: &str = "with an overload that does not exist";
const TWICE: &str = "which is defined twice";
const VERSION: &str = "which is written for another version of an operator set than the model";
