// Sigma node program: one textured quad per node, sampled from the glyph atlas. Sigma's own image program
// loads pictures by URL, which a strict content policy forbids and which flickers; this one uploads a canvas.
import { NodeProgram } from 'sigma/rendering';
import type { NodeDisplayData, RenderParams } from 'sigma/types';
import type { Kind } from '../model/kinds';
import { atlasColumns, atlasRows, cellOf, drawAtlas, shapeRatio } from './glyphs';
import type { Palette } from './scene';

const vertexShader = /* glsl */ `
attribute vec4 a_id;
attribute vec2 a_position;
attribute float a_size;
attribute vec2 a_cell;
attribute float a_alpha;
attribute vec2 a_corner;
uniform mat3 u_matrix;
uniform float u_sizeRatio;
uniform float u_correctionRatio;
varying vec4 v_id;
varying vec2 v_corner;
varying vec2 v_uv;
varying float v_alpha;
const float bias = 255.0 / 254.0;
void main() {
  float radius = a_size * u_correctionRatio / u_sizeRatio * 2.0 / ${shapeRatio.toFixed(2)};
  gl_Position = vec4((u_matrix * vec3(a_position + a_corner * radius, 1)).xy, 0, 1);
  v_corner = a_corner;
  v_uv = (a_cell + vec2(a_corner.x * 0.5 + 0.5, 0.5 - a_corner.y * 0.5))
         / vec2(${atlasColumns}.0, ${atlasRows}.0);
  v_alpha = a_alpha;
  v_id = a_id;
  v_id.a *= bias;
}
`;

const fragmentShader = /* glsl */ `
precision mediump float;
varying vec4 v_id;
varying vec2 v_corner;
varying vec2 v_uv;
varying float v_alpha;
uniform sampler2D u_atlas;
void main() {
  #ifdef PICKING_MODE
  if (length(v_corner) > 0.95) discard;
  gl_FragColor = v_id;
  #else
  gl_FragColor = texture2D(u_atlas, v_uv) * v_alpha;
  #endif
}
`;

const uniforms = ['u_sizeRatio', 'u_correctionRatio', 'u_matrix', 'u_atlas'] as const;
type Uniform = (typeof uniforms)[number];

interface GlyphAttributes {
  kind: Kind;
  alpha: number;
}

function upload(gl: WebGLRenderingContext, texture: WebGLTexture, atlas: HTMLCanvasElement): void {
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, atlas);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.generateMipmap(gl.TEXTURE_2D);
}

// A quad from two triangles, one instance per node.
function definition() {
  const { FLOAT, UNSIGNED_BYTE, TRIANGLES } = WebGLRenderingContext;
  return {
    VERTICES: 6,
    VERTEX_SHADER_SOURCE: vertexShader,
    FRAGMENT_SHADER_SOURCE: fragmentShader,
    METHOD: TRIANGLES,
    UNIFORMS: uniforms,
    ATTRIBUTES: [
      { name: 'a_position', size: 2, type: FLOAT },
      { name: 'a_size', size: 1, type: FLOAT },
      { name: 'a_cell', size: 2, type: FLOAT },
      { name: 'a_alpha', size: 1, type: FLOAT },
      { name: 'a_id', size: 4, type: UNSIGNED_BYTE, normalized: true },
    ],
    CONSTANT_ATTRIBUTES: [{ name: 'a_corner', size: 2, type: FLOAT }],
    CONSTANT_DATA: [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, -1],
      [1, 1],
      [-1, 1],
    ],
  };
}

// `repaint` changes the colours in place: swapping sigma's program classes at run time would drop its buffers.
export function createGlyphProgram(palette: Palette) {
  let atlas = drawAtlas(palette);
  let stale = false;
  const textures = new WeakMap<WebGLRenderingContext, WebGLTexture>();

  function textureOf(gl: WebGLRenderingContext): WebGLTexture {
    const known = textures.get(gl);
    if (known && !stale) return known;
    stale = false;
    const texture = known ?? gl.createTexture();
    upload(gl, texture, atlas);
    textures.set(gl, texture);
    return texture;
  }

  const Program = class GlyphProgram extends NodeProgram<Uniform> {
    getDefinition() {
      return definition();
    }

    processVisibleItem(nodeIndex: number, at: number, data: NodeDisplayData & GlyphAttributes) {
      const { column, row } = cellOf(data.kind);
      const array = this.array;
      let i = at;
      array[i++] = data.x;
      array[i++] = data.y;
      array[i++] = data.size;
      array[i++] = column;
      array[i++] = row;
      array[i++] = data.alpha;
      array[i++] = nodeIndex;
    }

    setUniforms(
      { sizeRatio, correctionRatio, matrix }: RenderParams,
      { gl, uniformLocations }: Parameters<NodeProgram<Uniform>['setUniforms']>[1],
    ) {
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, textureOf(gl));
      gl.uniform1i(uniformLocations.u_atlas ?? null, 0);
      gl.uniform1f(uniformLocations.u_sizeRatio ?? null, sizeRatio);
      gl.uniform1f(uniformLocations.u_correctionRatio ?? null, correctionRatio);
      gl.uniformMatrix3fv(uniformLocations.u_matrix ?? null, false, matrix);
    }
  };
  return {
    Program,
    repaint(next: Palette): void {
      atlas = drawAtlas(next);
      stale = true;
    },
  };
}
