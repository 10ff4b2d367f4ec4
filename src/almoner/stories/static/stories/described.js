// Offers a picture's own description where the editor has not written one for this place.

/** @typedef {{ default_alt_text?: string }} Chosen */

const { telepath, wagtailStreamField } = /** @type {any} */ (window);

class Described extends wagtailStreamField.blocks.StructBlockDefinition {
  /**
   * @param {HTMLElement} placeholder
   * @param {string} prefix
   * @param {{ image?: Chosen }} state
   * @param {unknown} error
   */
  render(placeholder, prefix, state, error) {
    const block = super.render(placeholder, prefix, state, error);
    const field = /** @type {HTMLInputElement} */ (document.getElementById(`${prefix}-alt_text`));
    let offered = state?.image?.default_alt_text ?? "";
    block.childBlocks.image.widget.addEventListener(
      "chosen",
      (/** @type {CustomEvent<Chosen>} */ { detail }) => {
        const untouched = field.value === "" || field.value === offered;
        offered = detail.default_alt_text ?? "";
        if (untouched) field.value = offered;
      },
    );
    return block;
  }
}

telepath.register("almoner.stories.Described", Described);
