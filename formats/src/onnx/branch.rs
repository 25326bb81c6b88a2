//! Branches of `If` whose condition is a constant of the file: the one that is taken stands in the node's place.
//!
//! The other one stays in the file and is never read; what numbers it holds, [`super::elsewhere`] counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use onnx_protobuf::{GraphProto, ModelProto, NodeProto, TensorProto};

use super::{
    expander::{Conditions, Expander, Resolved, below, cost, paths},
    graph::{Attribute, Graph, Node},
    places::{ATTRIBUTE, Home, INITIALIZER, NODE, Place},
    scalars, storage,
};
use crate::Dtype;

/// The truth values that nobody who runs the model can set.
pub(super) fn conditions(model: &ModelProto, graph: &Graph) -> Conditions {
    let given: BTreeSet<&str> = graph.inputs.iter().map(|input| input.name.as_str()).collect();
    let initializers = model.graph.initializer.iter().filter(|tensor| !given.contains(tensor.name.as_str()));
    let stored = initializers.filter_map(|tensor| Some((tensor.name.clone(), truth(tensor)?)));
    let constants = graph.nodes.iter().filter(|node| super::places::is_constant(node));
    let constants = constants.filter_map(|node| match node.attributes.get("value")? {
        Attribute::Tensor(tensor) if tensor.info.dtype == Dtype::Bool => match tensor.data.as_slice() {
            [truth] => Some((node.outputs.first()?.clone(), *truth != 0)),
            _ => None,
        },
        _ => None,
    });
    stored.chain(constants).collect()
}

/// The number of booleans among element types.
const BOOL: i32 = 9;

fn truth(tensor: &TensorProto) -> Option<bool> {
    if tensor.data_type != BOOL || tensor.dims.iter().any(|extent| *extent != 1) {
        return None;
    }
    match (tensor.raw_data.as_slice(), tensor.int32_data.as_slice()) {
        ([truth], []) => Some(*truth != 0),
        ([], [truth]) => Some(*truth != 0),
        _ => None,
    }
}

impl<'m> Expander<'_, 'm> {
    /// The branch that a node takes, and where it lies, if that is certain.
    pub(super) fn taken_branch(&self, node: &Resolved<'m>) -> Option<(&'m GraphProto, Vec<usize>)> {
        let is_if = node.node.op_type == "If" && node.node.domain.is_empty() && node.node.call.is_none();
        let condition = node.node.inputs.first().filter(|_| is_if)?;
        let name = if *self.conditions.get(condition)? { "then_branch" } else { "else_branch" };
        let attribute = node.proto?.attribute.iter().find(|attribute| attribute.name == name)?;
        let path = node.attributes.get(name)?;
        let position = self.tree.at(path)?.one(BODY)?.0;
        let body = attribute.g.as_ref().filter(|body| {
            body.input.is_empty()
                && body.sparse_initializer.is_empty()
                && body.output.len() >= node.node.outputs.len()
        })?;
        Some((body, [path.as_slice(), &[position]].concat()))
    }

    /// The nodes of a branch as they stand in the place of its node, and what their names begin with; `None` if there
    /// is no room for them.
    pub(super) fn branch(
        &mut self,
        taken: (&'m GraphProto, Vec<usize>),
        node: &Node,
        prefix: &str,
    ) -> Option<(String, Vec<Resolved<'m>>)> {
        let (body, path) = taken;
        let title = Some(&node.name).filter(|name| !name.is_empty()).or(node.outputs.first());
        let title = title.map_or("If", String::as_str);
        let prefix = below(prefix, title);
        let names = self.branch_names(body, node, &prefix)?;
        self.store_initializers(body, &path, &names)?;
        let mut nodes = Vec::new();
        for (at, proto) in body.node.iter().enumerate() {
            let path = [path.as_slice(), &[self.tree.at(&path)?.position(NODE, at)?]].concat();
            let mut own = self.converted(proto, &path, ATTRIBUTE)?;
            let attributes = paths(self.tree, &path, ATTRIBUTE, &proto.attribute);
            let rename = |name: &mut String| {
                if let Some(own) = names.get(name.as_str()) {
                    own.clone_into(name);
                }
            };
            own.inputs.iter_mut().chain(&mut own.outputs).chain(&mut own.captures).for_each(rename);
            if !own.name.is_empty() {
                own.name.insert_str(0, &prefix);
            }
            own.call = self.functions.called(&own.domain, &own.op_type, &proto.overload).map(|_| IN_BRANCH);
            own.function = Some(format!("a branch of {title}"));
            self.left = self.left.checked_sub(cost(&own))?;
            self.store(&own, &attributes);
            let resolved = Resolved {
                node: own,
                overload: &proto.overload,
                proto: self.without_captures(proto),
                attributes,
            };
            nodes.push(resolved);
        }
        nodes.extend(self.handed_out(body, node, &names)?);
        Some((prefix, nodes))
    }

    /// What the values of a branch are called in the graph; results as the node has them.
    fn branch_names(
        &mut self,
        body: &'m GraphProto,
        node: &Node,
        prefix: &str,
    ) -> Option<HashMap<&'m str, String>> {
        let made = || body.node.iter().flat_map(|node| &node.output).filter(|name| !name.is_empty());
        let stored = body.initializer.iter().map(|tensor| &tensor.name);
        let longer = prefix.len().saturating_mul(2).saturating_add(64);
        let count = made().count() + body.initializer.len();
        self.left = self.left.checked_sub(count.saturating_mul(longer))?;
        let mut names: HashMap<&str, String> = HashMap::new();
        let makes: BTreeSet<&str> = made().map(String::as_str).collect();
        for (own, given) in body.output.iter().zip(&node.outputs) {
            if makes.contains(own.name.as_str()) && !given.is_empty() {
                names.entry(own.name.as_str()).or_insert_with(|| given.clone());
            }
        }
        for name in made().chain(stored) {
            if !names.contains_key(name.as_str()) {
                let unused = self.unused(format!("{prefix}{name}"));
                names.insert(name.as_str(), unused);
            }
        }
        Some(names)
    }

    fn store_initializers(
        &mut self,
        body: &GraphProto,
        path: &[usize],
        names: &HashMap<&'m str, String>,
    ) -> Option<()> {
        let message = self.tree.at(path)?;
        for (position, tensor) in message.all(INITIALIZER) {
            let tensor = tensor.message()?;
            let name = scalars::text(self.source.file, tensor, storage::NAME).ok()?;
            let (info, storage) = storage::locate(self.source, tensor, &name).ok()?;
            let home = Home::Tensor { path: [path, &[position]].concat() };
            self.places.insert(names.get(name.as_str())?.clone(), Place { info, storage, home });
        }
        debug_assert_eq!(message.all(INITIALIZER).count(), body.initializer.len(), "one message for each");
        Some(())
    }

    /// Nodes that hand out under the node's names what the branch does not make itself, or under two names.
    fn handed_out(
        &mut self,
        body: &GraphProto,
        node: &Node,
        names: &HashMap<&'m str, String>,
    ) -> Option<Vec<Resolved<'m>>> {
        let mut nodes = Vec::new();
        for (own, given) in body.output.iter().zip(&node.outputs).filter(|(_, given)| !given.is_empty()) {
            let source = names.get(own.name.as_str()).unwrap_or(&own.name);
            if source != given {
                let same = Node {
                    op_type: "Identity".to_owned(),
                    inputs: vec![source.clone()],
                    outputs: vec![given.clone()],
                    function: Some("a branch".to_owned()),
                    ..Node::default()
                };
                self.left = self.left.checked_sub(cost(&same))?;
                nodes.push(Resolved { node: same, overload: "", proto: None, attributes: BTreeMap::new() });
            }
        }
        Some(nodes)
    }

    /// A node in a branch may be an `If` itself: its branches read what this one makes, by other names than in the
    /// graph, so that it stays as it is.
    fn without_captures(&self, proto: &'m NodeProto) -> Option<&'m NodeProto> {
        (proto.op_type != "If").then_some(proto)
    }
}

/// The body in an attribute.
const BODY: u32 = 6;
const IN_BRANCH: &str = "from a branch of an If";
