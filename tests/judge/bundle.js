// Whether @sigstore/verify accepts a bundle for a key, without transparency log: BUNDLE PUBLIC -> {"accepted": ...}
// With the certificates of a time-stamping service, its own first, the bundle must have a stamp of it: ... [CERTIFICATE...]
const { createPublicKey } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { bundleFromJSON } = require("@sigstore/bundle");
const { X509Certificate } = require("@sigstore/core");
const { Verifier, toSignedEntity } = require("@sigstore/verify");

const [bundle, pem, ...chain] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const entity = toSignedEntity(bundleFromJSON(JSON.parse(bundle)));
const publicKey = () => ({ publicKey: createPublicKey(pem), validFor: () => true });
const always = { start: new Date(0), end: new Date("2999-01-01") };
const service = { certChain: chain.map((certificate) => X509Certificate.parse(certificate)), validFor: always };
const timestampAuthorities = chain.length > 0 ? [service] : [];
const material = { certificateAuthorities: [], ctlogs: [], publicKey, timestampAuthorities, tlogs: [] };
const thresholds = { ctlogThreshold: 0, timestampThreshold: timestampAuthorities.length, tlogThreshold: 0 };
try {
  new Verifier(material, thresholds).verify(entity);
  console.log(JSON.stringify({ accepted: true }));
} catch (error) {
  console.log(JSON.stringify({ accepted: false, said: `${error.code}: ${error.message}` }));
}
