//! Layers that many families share.

use super::{maker::Maker, settings::Made};
use crate::net::ops::nodes::{self, Plain, Window};

/// Entries that a table may have which is made here, and not read.
pub(super) const MOST: usize = 1 << 24;

/// What is added to the agreement of a query with a key that is not to be seen.
pub(super) const UNSEEN: f32 = f32::MIN;

/// A square convolution.
#[derive(Clone, Copy)]
pub(super) struct Square {
    pub(super) side: usize,
    pub(super) stride: usize,
    /// Before rows and columns, then behind them; none for as much as TensorFlow has.
    pub(super) pads: Option<[usize; 4]>,
    /// How many run side by side.
    pub(super) groups: usize,
    /// From one element of the window to the next.
    pub(super) dilation: usize,
}

impl Square {
    /// One whose result is as large as what it reads, over the step.
    pub(super) fn same(side: usize, stride: usize) -> Self {
        Self { side, stride, pads: Some([side / 2; 4]), groups: 1, dilation: 1 }
    }

    /// One whose squares lie side by side.
    pub(super) fn apart(side: usize) -> Self {
        Self { pads: Some([0; 4]), ..Self::same(side, side) }
    }

    pub(super) fn window(self) -> Window {
        let [side, stride, groups, dilation] = [self.side, self.stride, self.groups, self.dilation].map(long);
        Window {
            kernel: vec![side; 2],
            strides: vec![stride; 2],
            pads: self.pads.map(|pads| pads.map(long).to_vec()).unwrap_or_default(),
            dilations: vec![dilation; 2],
            groups,
        }
    }
}

/// An extent as graphs have it.
pub(super) fn long(extent: usize) -> i64 {
    i64::try_from(extent).unwrap_or(i64::MAX)
}

impl Maker<'_> {
    /// `x W^T + b` over the last axis, of a weight `[outputs, inputs]`.
    pub(super) fn linear(
        &mut self,
        x: &str,
        name: &str,
        [inputs, outputs]: [usize; 2],
        biased: bool,
    ) -> Made<String> {
        let weight = self.weight(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = biased.then(|| self.weight(&format!("{name}.bias"), &[outputs])).transpose()?;
        Ok(self.product(x, &weight, bias.as_deref()))
    }

    /// The same of a weight, as it is stored, and a bias.
    pub(super) fn product(&mut self, x: &str, weight: &str, bias: Option<&str>) -> String {
        let turned = self.node(nodes::transpose(&[1, 0]), &[weight]);
        let product = self.plain(Plain::MatMul, &[x, &turned]);
        match bias {
            Some(bias) => self.plain(Plain::Add, &[&product, bias]),
            None => product,
        }
    }

    /// The last layer, on `[N, width]`: as many classes as the folder says.
    pub(super) fn head(&mut self, x: &str, name: &str, width: usize) -> Made<(String, usize)> {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let [classes, _] = self.extents(&weight)?;
        let weight = self.weight(&weight, &[classes, width])?;
        let bias = if self.has(&bias) { Some(self.weight(&bias, &[classes])?) } else { None };
        let operands = [Some(x), Some(&weight), bias.as_deref()];
        let operands: Vec<&str> = operands.into_iter().flatten().collect();
        Ok((self.node(nodes::linear(), &operands), classes))
    }

    /// The last layer at every token, on `[N, L, width]`: as many classes as the folder says.
    pub(super) fn head_of_tokens(&mut self, x: &str, name: &str, width: usize) -> Made<(String, usize)> {
        let [classes, _] = self.extents(&format!("{name}.weight"))?;
        let biased = self.has(&format!("{name}.bias"));
        Ok((self.linear(x, name, [width, classes], biased)?, classes))
    }

    /// Over the last axis, with weight and bias.
    pub(super) fn layer_norm(&mut self, x: &str, name: &str, width: usize, epsilon: f64) -> Made<String> {
        let weight = self.weight(&format!("{name}.weight"), &[width])?;
        let bias = self.weight(&format!("{name}.bias"), &[width])?;
        Ok(self.node(nodes::layer_normalisation(-1, epsilon as f32), &[x, &weight, &bias]))
    }

    /// With learnt means and spreads, per channel.
    pub(super) fn batch_norm(&mut self, x: &str, name: &str, width: usize, epsilon: f64) -> Made<String> {
        let mut operands = vec![x.to_owned()];
        for part in ["weight", "bias", "running_mean", "running_var"] {
            operands.push(self.weight(&format!("{name}.{part}"), &[width])?);
        }
        // How many batches they were learnt of.
        let counter = format!("{name}.num_batches_tracked");
        self.ignore(|name| name == counter);
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        Ok(self.node(nodes::batch_normalisation(epsilon as f32), &operands))
    }

    /// A convolution from so many channels to so many.
    pub(super) fn convolution(
        &mut self,
        x: &str,
        name: &str,
        [inputs, outputs]: [usize; 2],
        square: Square,
        biased: bool,
    ) -> Made<String> {
        if inputs % square.groups != 0 || outputs % square.groups != 0 {
            return Err(format!("`{name}` has {} groups for {inputs} and {outputs} channels", square.groups));
        }
        let shape = [outputs, inputs / square.groups, square.side, square.side];
        let weight = self.weight(&format!("{name}.weight"), &shape)?;
        let bias = biased.then(|| self.weight(&format!("{name}.bias"), &[outputs])).transpose()?;
        let operands = [Some(x), Some(&weight), bias.as_deref()];
        let operands: Vec<&str> = operands.into_iter().flatten().collect();
        Ok(self.node(nodes::convolution(&square.window()), &operands))
    }

    /// The activation that transformers has by this name; `key` is where the configuration names it.
    pub(super) fn activation(&mut self, x: &str, key: &str, name: &str) -> Made<String> {
        Ok(match name {
            "gelu" | "gelu_python" => self.plain(Plain::Gelu, &[x]),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_python_tanh" | "gelu_accurate" => {
                self.node(nodes::gelu_by_tangent(), &[x])
            }
            "quick_gelu" => {
                let factor = self.number(1.702);
                let scaled = self.plain(Plain::Multiply, &[x, &factor]);
                let gate = self.plain(Plain::Sigmoid, &[&scaled]);
                self.plain(Plain::Multiply, &[x, &gate])
            }
            "relu" => self.plain(Plain::Rectified, &[x]),
            "relu6" => {
                let [least, most] = [0.0, 6.0].map(|bound| self.number(bound));
                self.node(nodes::clip(), &[x, &least, &most])
            }
            "silu" | "swish" => {
                let gate = self.plain(Plain::Sigmoid, &[x]);
                self.plain(Plain::Multiply, &[x, &gate])
            }
            "sigmoid" => self.plain(Plain::Sigmoid, &[x]),
            "tanh" => self.plain(Plain::Tangent, &[x]),
            "linear" => x.to_owned(),
            other => return Err(format!("{key} `{}` is not built", other.escape_debug())),
        })
    }

    pub(super) fn add(&mut self, a: &str, b: &str) -> String {
        self.plain(Plain::Add, &[a, b])
    }

    pub(super) fn multiply(&mut self, a: &str, b: &str) -> String {
        self.plain(Plain::Multiply, &[a, b])
    }

    /// The mean of two.
    pub(super) fn halved(&mut self, a: &str, b: &str) -> String {
        let sum = self.add(a, b);
        let half = self.number(0.5);
        self.multiply(&sum, &half)
    }

    /// To these extents; 0 keeps one, -1 is what is left.
    pub(super) fn reshape(&mut self, x: &str, shape: &[i64]) -> String {
        let shape = self.ints(shape);
        self.plain(Plain::Reshape, &[x, &shape])
    }

    pub(super) fn transpose(&mut self, x: &str, order: &[i64]) -> String {
        self.node(nodes::transpose(order), &[x])
    }

    /// What lies between two places of an axis.
    pub(super) fn slice(&mut self, x: &str, axis: i64, from: i64, to: i64) -> String {
        let [from, to, axis] = [from, to, axis].map(|it| self.ints(&[it]));
        self.plain(Plain::Slice, &[x, &from, &to, &axis])
    }

    /// One entry of an axis, which is gone then.
    pub(super) fn entry(&mut self, x: &str, axis: i64, at: i64) -> String {
        let at = self.int(at);
        self.node(nodes::gather(axis), &[x, &at])
    }

    pub(super) fn join(&mut self, axis: i64, parts: &[&str]) -> String {
        self.node(nodes::concatenate(axis), parts)
    }

    /// The mean over some axes, which are gone then.
    pub(super) fn mean(&mut self, x: &str, axes: &[i64]) -> String {
        let axes = self.ints(axes);
        self.node(nodes::mean(false), &[x, &axes])
    }

    /// The extent of an axis, as a list of one.
    pub(super) fn extent(&mut self, x: &str, axis: i64) -> String {
        self.node(nodes::shape(axis, axis + 1), &[x])
    }

    /// `[N, C, H, W]` to `[N, C]`.
    pub(super) fn pooled(&mut self, x: &str) -> String {
        self.mean(x, &[2, 3])
    }
}
