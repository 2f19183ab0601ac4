/* Asks the questions of a quiz and says something about each answer.
 *
 * In the book it is a plain script, in JupyterLab it is loaded by anywidget. */
(function (root) {
  "use strict";

  /* JupyterLab takes arrows, Space and Enter for its own, except from elements marked so. */
  const KEYS = { "data-lm-suppress-shortcuts": "true" };
  const BUTTON = { ...KEYS, type: "button", class: "wbq-button" };

  let quizzes = 0;

  function element(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== undefined) node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  /* Text comes from the course, escaped in Python: the only tag in it is <code>. */
  function rich(name, attributes, markup) {
    const node = element(name, attributes);
    node.innerHTML = markup;
    return node;
  }

  function decoded(answer) {
    const bytes = Uint8Array.from(atob(answer), (character) => character.charCodeAt(0)).reverse();
    const [right, feedback] = JSON.parse(new TextDecoder().decode(bytes));
    return { right, feedback };
  }

  function ask(question, number, name, told) {
    const type = question.several ? "checkbox" : "radio";
    const inputs = question.options.map((_, at) =>
      element("input", { ...KEYS, type, name, value: at }),
    );
    const options = question.options.map((option, at) =>
      element("label", { class: "wbq-option" }, inputs[at], rich("span", {}, option)),
    );
    const feedback = element("div", { class: "wbq-feedback", role: "status" });
    const button = element("button", BUTTON, "Check");
    button.setAttribute("aria-label", `Check answer ${number}`);

    const clear = () => {
      feedback.replaceChildren();
      options.forEach((option) => option.classList.remove("wbq-right", "wbq-wrong"));
    };

    const judge = () => {
      clear();
      const chosen = inputs.map((input) => input.checked);
      if (!chosen.includes(true)) {
        feedback.append(element("p", {}, "Choose an answer first."));
        return;
      }
      const answers = question.answers.map(decoded);
      const right = answers.every((answer, at) => answer.right === chosen[at]);
      answers.forEach((answer, at) => {
        if (!chosen[at]) return;
        options[at].classList.add(answer.right ? "wbq-right" : "wbq-wrong");
        const verdict = element("strong", {}, answer.right ? "✓ Right. " : "✗ Not quite. ");
        feedback.append(element("p", {}, verdict, rich("span", {}, answer.feedback)));
      });
      const missed = answers.filter((answer, at) => answer.right && !chosen[at]).length;
      if (question.several && missed) {
        const more = missed === 1 ? "One more is right." : `${missed} more are right.`;
        feedback.append(element("p", {}, more));
      }
      told(right);
    };

    button.addEventListener("click", judge);
    inputs.forEach((input) => input.addEventListener("change", clear));

    const hint = question.several ? " (more than one may be right)" : "";
    const legend = element(
      "legend",
      {},
      `${number}. `,
      rich("span", {}, question.text),
      element("span", { class: "wbq-several" }, hint),
    );
    const place = element(
      "fieldset",
      { class: "wbq-question" },
      legend,
      ...options,
      element("div", { class: "wbq-row" }, button),
      feedback,
    );
    const reset = () => {
      inputs.forEach((input) => (input.checked = false));
      clear();
    };
    return { place, reset, focus: () => inputs[0].focus() };
  }

  function mount(place, spec) {
    quizzes += 1;
    const id = quizzes;
    const total = spec.questions.length;
    const verdicts = new Map();
    const score = element("p", { class: "wbq-score", role: "status" });
    const tell = () => {
      const right = [...verdicts.values()].filter(Boolean).length;
      score.textContent = `${right} of ${total} right, ${verdicts.size} answered.`;
    };
    const asked = spec.questions.map((question, at) =>
      ask(question, at + 1, `workbook-quiz-${id}-${at}`, (right) => {
        verdicts.set(at, right);
        tell();
      }),
    );
    const again = element("button", BUTTON, "Start again");
    again.addEventListener("click", () => {
      verdicts.clear();
      asked.forEach((one) => one.reset());
      tell();
      asked[0].focus();
    });
    tell();
    place.append(
      element(
        "div",
        { class: "wbq", role: "group", "aria-label": spec.title },
        element("p", { class: "wbq-title" }, spec.title),
        ...asked.map((one) => one.place),
        element("div", { class: "wbq-row" }, score, again),
      ),
    );
  }

  function register(id, spec) {
    const ready = () =>
      document.querySelectorAll(`.workbook-quiz[data-quiz="${id}"]`).forEach((place) => {
        place.replaceChildren();
        mount(place, spec);
      });
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
    else ready();
  }

  /* Called by anywidget in JupyterLab. */
  function render({ model, el }) {
    el.classList.add("workbook-quiz");
    mount(el, model.get("spec"));
  }

  root.WorkbookQuiz = { register, render };
})(globalThis);
