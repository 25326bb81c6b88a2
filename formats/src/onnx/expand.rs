//! Puts the bodies of model-local functions in the place of their calls.

use std::collections::{BTreeMap, HashMap, HashSet};

use onnx_protobuf::{AttributeProto, ModelProto, NodeProto};

use super::{
    convert,
    functions::Functions,
    graph::{Attribute, Graph, Node},
    places::{self, ATTRIBUTE, FUNCTION, GRAPH, NODE, Place},
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
    if graph.nodes.iter().all(|node| node.call.is_none()) {
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
        left: MAX_COST,
    };
    let root = tree.one(GRAPH).map_or(0, |(root, _)| root);
    for (index, (node, proto)) in graph.nodes.iter().zip(&model.graph.node).enumerate() {
        let path = tree.child(GRAPH).and_then(|main| Some(vec![root, main.position(NODE, index)?]));
        let attributes = paths(tree, &path.unwrap_or_default(), ATTRIBUTE, &proto.attribute);
        let resolved = Resolved { node: node.clone(), overload: &proto.overload, attributes };
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
    Expanded { graph: Graph { nodes, passed, repeated, ..graph }, origins, places }
}

/// Every name that the main graph uses, for anything.
fn taken(graph: &Graph) -> HashSet<String> {
    let values = graph.inputs.iter().chain(&graph.outputs).chain(&graph.value_info).map(|value| &value.name);
    let nodes =
        graph.nodes.iter().flat_map(|node| node.inputs.iter().chain(&node.outputs).chain(&node.captures));
    values.chain(nodes).chain(graph.initializers.keys()).chain(&graph.sparse).cloned().collect()
}

/// A node whose attributes have values, and where the file has them.
struct Resolved<'m> {
    node: Node,
    overload: &'m str,
    attributes: BTreeMap<String, Vec<usize>>,
}

struct Expander<'s, 'm> {
    source: Source<'s>,
    tree: &'s Message,
    functions: &'s Functions<'m>,
    taken: HashSet<String>,
    nodes: Vec<Node>,
    origins: Vec<Option<usize>>,
    places: BTreeMap<String, Place>,
    /// How many constants come from one place of the file.
    uses: HashMap<Vec<usize>, usize>,
    /// What may still be put in, in bytes.
    left: usize,
}

impl<'m> Expander<'_, 'm> {
    /// Adds a node, or the body of the function that it calls; `None` once that is too much.
    fn put(&mut self, call: Resolved<'m>, origin: Option<usize>, prefix: &str, depth: usize) -> Option<()> {
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
            names.entry(name).or_insert_with(|| {
                let mut unused = format!("{prefix}{name}");
                while !self.taken.insert(unused.clone()) {
                    unused.push('~');
                }
                unused
            });
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
        Some(Resolved { node, overload: &proto.overload, attributes })
    }

    /// Notes the value of a constant.
    fn store(&mut self, node: &Node, attributes: &BTreeMap<String, Vec<usize>>) {
        let (true, Some(name)) = (places::is_constant(node), node.outputs.first()) else {
            return;
        };
        for (key, path) in attributes {
            let Some(message) = self.tree.at(path) else { continue };
            if let Ok(Some(place)) = places::value_of(self.source, message, path.clone(), key, name) {
                *self.uses.entry(place.path().to_vec()).or_default() += 1;
                self.places.insert(name.clone(), place);
                return;
            }
        }
    }

    /// A node as plain values, with tensors among its attributes; `None` if one cannot be read.
    fn converted(&self, proto: &NodeProto, path: &[usize], field: u32) -> Option<Node> {
        let message = self.tree.at(path)?;
        let tensors = places::tensors_of(self.source, message, field, &proto.name).ok()?;
        convert::node(proto, &|attribute| tensors.get(&attribute)).ok()
    }
}

/// Where attributes are that a message has in a field.
fn paths(
    tree: &Message,
    parent: &[usize],
    field: u32,
    attributes: &[AttributeProto],
) -> BTreeMap<String, Vec<usize>> {
    let positions = tree.at(parent).into_iter().flat_map(|message| message.all(field));
    let found = attributes.iter().zip(positions);
    found.map(|(attribute, (position, _))| (attribute.name.clone(), [parent, &[position]].concat())).collect()
}

/// What the names in a call's body begin with. Where calls nest, the call's name begins so itself; and a
/// name is as long as a file likes.
fn below(prefix: &str, title: &str) -> String {
    let own = title.strip_prefix(prefix).unwrap_or(title);
    let end = (0..=own.len().min(MAX_TITLE)).rev().find(|at| own.is_char_boundary(*at)).unwrap_or_default();
    format!("{prefix}{}/", &own[..end])
}

fn title(domain: &str, name: &str) -> String {
    if domain.is_empty() { name.to_owned() } else { format!("{domain}.{name}") }
}

/// About as many bytes as a node takes.
fn cost(node: &Node) -> usize {
    let names =
        node.inputs.iter().chain(&node.outputs).chain(&node.captures).chain([&node.name, &node.op_type]);
    let attributes = node.attributes.iter().map(|(name, value)| 64 + name.len() + size(value));
    size_of::<Node>() + names.map(|name| 2 * name.len() + 32).sum::<usize>() + attributes.sum::<usize>()
}

fn size(value: &Attribute) -> usize {
    match value {
        Attribute::Float(_) | Attribute::Int(_) | Attribute::Other => 0,
        Attribute::Floats(values) => 4 * values.len(),
        Attribute::Ints(values) => 8 * values.len(),
        Attribute::String(value) => value.len(),
        Attribute::Strings(values) => values.iter().map(|value| value.len() + 32).sum(),
        Attribute::Tensor(tensor) => tensor.data.len() + 8 * tensor.info.shape.len(),
    }
}

/// Bytes of a call's name before the names in its body.
const MAX_TITLE: usize = 64;
/// Functions in functions.
const MAX_DEPTH: usize = 32;
/// Bytes that all bodies may take in the places of their calls. A few kilobytes of functions that call each
/// other twice would fill any memory.
const MAX_COST: usize = 64 << 20;
/// Nodes of a function, and the values that it states for its attributes.
const BODY_NODE: u32 = 7;
const DEFAULT: u32 = 11;
const OPERANDS: &str = "with a different number of operands or results";
