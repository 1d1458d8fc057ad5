// Rules for the script that every page of a report carries.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    files: ["neuralpha/report/templates/*.js"],
    languageOptions: { sourceType: "script", ecmaVersion: 2022, globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      curly: "error",
      eqeqeq: "error",
      "no-else-return": "error",
      "no-implicit-globals": "off",
      "no-nested-ternary": "error",
      "no-shadow": "error",
      "no-unused-expressions": "error",
      "no-var": "error",
      "one-var": ["error", "never"],
      "max-statements-per-line": "error",
      "prefer-const": "error",
      complexity: ["error", 8],
      "max-lines-per-function": ["error", 80],
    },
  },
];
