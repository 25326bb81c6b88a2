//! Puts the bodies of model-local functions in the place of their calls, and branches that are always taken in that
//! of their nodes.

use std::collections::{BTreeMap, HashMap, HashSet};

use onnx_protobuf::{ModelProto, NodeProto};

use super::{
    branch,
    expander::{Expander, Resolved, below, cost, paths, size, unused},
    functions::Functions,
    graph::{Attribute, Graph, Node},
    places::{ATTRIBUTE, FUNCTION, GRAPH, NODE, Place},
    storage::Source,
    tree::Message,
};

/// A graph without calls, as far as that goes.
pub(super) struct Expanded {
    pub(super) graph: Graph,
    /// By node: its index among those of the file's main graph, if it is one of them.
    pub(super) origins: Vec<Option<usize>>,
    /// Constants that bodies hold.
    pub(super) places: BTreeMap<String, Place>,
}

/// The graph with every body in the place of its call; as it is if that would take too much.
pub(super) fn expand(
    source: Source<'_>,
    tree: &Message,
    model: &ModelProto,
    graph: Graph,
    functions: &Functions<'_>,
) -> Expanded {
    let plain = |graph: Graph| {
        let origins = (0..graph.nodes.len()).map(Some).collect();
        Expanded { graph, origins, places: BTreeMap::new() }
    };
    let conditions = branch::conditions(model, &graph);
    let decides =
        |node: &Node| node.op_type == "If" && node.inputs.iter().any(|name| conditions.contains_key(name));
    if graph.nodes.iter().all(|node| node.call.is_none() && !decides(node)) {
        return plain(graph);
    }
    let mut expander = Expander {
        source,
        tree,
        functions,
        taken: taken(&graph),
        nodes: Vec::new(),
        origins: Vec::new(),
        places: BTreeMap::new(),
        uses: HashMap::new(),
        conditions,
        left: MAX_COST,
    };
    let root = tree.one(GRAPH).map_or(0, |(root, _)| root);
    for (index, (node, proto)) in graph.nodes.iter().zip(&model.graph.node).enumerate() {
        let path = tree.child(GRAPH).and_then(|main| Some(vec![root, main.position(NODE, index)?]));
        let attributes = paths(tree, &path.unwrap_or_default(), ATTRIBUTE, &proto.attribute);
        let resolved =
            Resolved { node: node.clone(), overload: &proto.overload, proto: Some(proto), attributes };
        if expander.put(resolved, Some(index), "", 0).is_none() {
            return plain(graph);
        }
    }
    let calls = graph.nodes.iter().filter(|node| node.call.is_some());
    let passed = calls.flat_map(|node| &node.inputs).cloned().collect();
    let many = |name: &&String| {
        let place = expander.places.get(*name);
        place.is_some_and(|place| expander.uses.get(place.path()).is_some_and(|uses| *uses > 1))
    };
    let repeated = expander.places.keys().filter(many).cloned().collect();
    let Expander { nodes, origins, places, .. } = expander;
    let mut initializers = graph.initializers;
    let made: HashSet<&String> = nodes.iter().flat_map(|node| &node.outputs).collect();
    // What the taken branches store, which no node makes.
    let stored = places.iter().filter(|(name, _)| !made.contains(name));
    initializers.extend(stored.map(|(name, place)| (name.clone(), place.info.clone())));
    Expanded { graph: Graph { nodes, initializers, passed, repeated, ..graph }, origins, places }
}

/// Every name that the main graph uses, for anything.
fn taken(graph: &Graph) -> HashSet<String> {
    let values = graph.inputs.iter().chain(&graph.outputs).chain(&graph.value_info).map(|value| &value.name);
    let nodes =
        graph.nodes.iter().flat_map(|node| node.inputs.iter().chain(&node.outputs).chain(&node.captures));
    values.chain(nodes).chain(graph.initializers.keys()).chain(&graph.sparse).cloned().collect()
}

impl<'m> Expander<'_, 'm> {
    /// Adds a node, or the body of the function that it calls, or the branch that it takes; `None` once that is too
    /// much.
    fn put(&mut self, call: Resolved<'m>, origin: Option<usize>, prefix: &str, depth: usize) -> Option<()> {
        if let Some(taken) = self.taken_branch(&call) {
            if depth == MAX_DEPTH {
                return None;
            }
            let (prefix, nodes) = self.branch(taken, &call.node, prefix)?;
            return nodes.into_iter().try_for_each(|node| self.put(node, None, &prefix, depth + 1));
        }
        let called = self.functions.called(&call.node.domain, &call.node.op_type, call.overload);
        let function = match called {
            Some(Ok(function)) if self.fits(function, &call.node) => function,
            found => {
                let why = found.map(|found| found.err().unwrap_or(OPERANDS));
                self.nodes.push(Node { call: why, ..call.node });
                self.origins.push(origin);
                return Some(());
            }
        };
        if depth == MAX_DEPTH {
            return None;
        }
        self.left = self.left.checked_sub(self.functions.size(function))?;
        let title = Some(&call.node.name).filter(|name| !name.is_empty()).or(call.node.outputs.first());
        let prefix = below(prefix, title.map_or("call", String::as_str));
        let names = self.names(function, &call.node, &prefix)?;
        let known = self.attributes(function, &call);
        for at in 0..self.functions.all[function].node.len() {
            let resolved = self.resolve(function, at, &names, &known, &prefix)?;
            self.put(resolved, None, &prefix, depth + 1)?;
        }
        Some(())
    }

    /// Whether a call gives no more operands and takes no more results than there are.
    fn fits(&self, function: usize, call: &Node) -> bool {
        let proto = &self.functions.all[function];
        call.inputs.len() <= proto.input.len() && call.outputs.len() <= proto.output.len()
    }

    /// What the values of a body are called in the graph: the operands and results as the call has them. `None`
    /// if there is no room for so many names.
    fn names(&mut self, function: usize, call: &Node, prefix: &str) -> Option<HashMap<&'m str, String>> {
        let proto = &self.functions.all[function];
        // Each name is kept twice, and was not there before. The function's own size is charged already.
        let values: usize = proto.node.iter().map(|node| node.output.len()).sum();
        let longer = prefix.len().saturating_mul(2).saturating_add(64);
        let lent = call.inputs.iter().chain(&call.outputs).map(|name| name.len() + 32).sum();
        self.left = self.left.checked_sub(values.saturating_mul(longer))?.checked_sub(lent)?;
        let actual = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_default();
        let operands = proto.input.iter().enumerate();
        let mut names: HashMap<&str, String> =
            operands.map(|(at, name)| (name.as_str(), actual(&call.inputs, at))).collect();
        let results = proto.output.iter().enumerate();
        let results = results.map(|(at, name)| (name.as_str(), actual(&call.outputs, at)));
        names.extend(results.filter(|(_, actual)| !actual.is_empty()));
        for name in proto.node.iter().flat_map(|node| &node.output).filter(|name| !name.is_empty()) {
            names.entry(name).or_insert_with(|| unused(&mut self.taken, format!("{prefix}{name}")));
        }
        Some(names)
    }

    /// The attributes that a body may refer to: those of the call, else the function's own.
    fn attributes(&self, function: usize, call: &Resolved<'m>) -> HashMap<String, (Attribute, Vec<usize>)> {
        let proto = &self.functions.all[function];
        let mut known = HashMap::new();
        if let Some(position) = self.tree.position(FUNCTION, function) {
            let path = [position];
            let own = paths(self.tree, &path, DEFAULT, &proto.attribute_proto);
            let node = NodeProto { attribute: proto.attribute_proto.clone(), ..NodeProto::new() };
            let values =
                self.converted(&node, &path, DEFAULT).map(|node| node.attributes).unwrap_or_default();
            known.extend(
                own.into_iter()
                    .filter_map(|(name, path)| Some((name.clone(), (values.get(&name)?.clone(), path)))),
            );
        }
        for (name, path) in &call.attributes {
            if let Some(value) = call.node.attributes.get(name) {
                known.insert(name.clone(), (value.clone(), path.clone()));
            }
        }
        known
    }

    /// A node of a body, as it is in this call; `None` if there is no room for it.
    fn resolve(
        &mut self,
        function: usize,
        at: usize,
        names: &HashMap<&'m str, String>,
        known: &HashMap<String, (Attribute, Vec<usize>)>,
        prefix: &str,
    ) -> Option<Resolved<'m>> {
        let all = self.functions.all;
        let proto = all.get(function)?.node.get(at)?;
        let position = self.tree.position(FUNCTION, function)?;
        let body = self.tree.at(&[position])?;
        let path = vec![position, body.position(BODY_NODE, at)?];
        let mut node = self.converted(proto, &path, ATTRIBUTE)?;
        let mut attributes = paths(self.tree, &path, ATTRIBUTE, &proto.attribute);
        for attribute in proto.attribute.iter().filter(|attribute| !attribute.ref_attr_name.is_empty()) {
            node.attributes.remove(&attribute.name);
            attributes.remove(&attribute.name);
            if let Some((value, path)) = known.get(&attribute.ref_attr_name) {
                // Many may refer to one, which is long.
                self.left = self.left.checked_sub(size(value))?;
                node.attributes.insert(attribute.name.clone(), value.clone());
                attributes.insert(attribute.name.clone(), path.clone());
            }
        }
        let rename = |name: &mut String| *name = names.get(name.as_str()).cloned().unwrap_or_default();
        node.inputs.iter_mut().chain(&mut node.outputs).chain(&mut node.captures).for_each(rename);
        node.captures.retain(|name| !name.is_empty());
        if !node.name.is_empty() {
            node.name.insert_str(0, prefix);
        }
        node.function = Some(title(&all[function].domain, &all[function].name));
        self.left = self.left.checked_sub(cost(&node))?;
        self.store(&node, &attributes);
        Some(Resolved { node, overload: &proto.overload, proto: None, attributes })
    }
}

/// Functions in functions.
const MAX_DEPTH: usize = 32;
/// Bytes that all bodies may take in the places of their calls. A few kilobytes of functions that call each
/// other twice would fill any memory.
const MAX_COST: usize = 64 << 20;
/// Nodes of a function, and the values that it states for its attributes.
const BODY_NODE: u32 = 7;
const DEFAULT: u32 = 11;
const OPERANDS: &str = "with a different number of operands or results";

fn title(domain: &str, name: &str) -> String {
    if domain.is_empty() { name.to_owned() } else { format!("{domain}.{name}") }
}
