# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Texts that are written in the driver's code, without running it."""

import ast
import functools
import pathlib
import re

PACKAGE = pathlib.Path(__file__).parents[2] / 'pure_cinder'
NAMED = re.compile(r'%\((\w+)\)[sd]')
UNNAMED = re.compile('%[sd]')


class Module:
    """One file: its functions, and its constants that are texts."""

    def __init__(self, path):
        self.tree = ast.parse((PACKAGE / path).read_text())
        self._functions = {
            node.name: node for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef)}
        self._constants = {
            node.targets[0].id: node.value for node in self.tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)}

    def calls(self, name, function=None):
        """Calls of something, in the order of the file.

        :param name: the last part of what is called
        :param function: only those in it, and in what it calls in this file
        """
        for node in ([self.tree] if function is None
                     else self._reached(function)):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and called(call) == name:
                    yield call

    def _reached(self, function, found=()):
        """:returns: list of functions, without a repetition"""
        node = self._functions[function]
        found = [*found, node]
        for call in ast.walk(node):
            inner = called(call) if isinstance(call, ast.Call) else None
            if inner in self._functions and (
                    self._functions[inner] not in found):
                found = self._reached(inner, found)
        return found

    def text(self, node):
        """A text as it is written, or ''; in braces what is filled in."""
        if isinstance(node, ast.Constant):
            return _readable(node.value) if isinstance(node.value, str) else ''
        if isinstance(node, ast.Name):
            return self.text(self._constants.get(node.id))
        if isinstance(node, ast.BinOp):
            return self.text(node.left)
        if isinstance(node, ast.IfExp):
            return self.text(node.body) or self.text(node.orelse)
        if isinstance(node, ast.Call):
            return self._text_of_call(node)
        return ''

    def _text_of_call(self, call):
        if called(call) == '_':
            return self.text(call.args[0])
        function = self._functions.get(called(call))
        return next(filter(None, (
            self.text(node.value) for node in ast.walk(function)
            if isinstance(node, ast.Return))), '') if function else ''

    def problem(self, call):
        """:returns: cause and remedy of a call of ``Problem``"""
        arguments = [*call.args, *[None] * 3]
        return self.text(arguments[1]), self.text(arguments[2])


@functools.cache
def module(path):
    """:param path: relative to the package"""
    return Module(path)


def modules():
    return [module(str(path.relative_to(PACKAGE)))
            for path in sorted(PACKAGE.rglob('*.py'))]


def called(call):
    return getattr(call.func, 'attr', getattr(call.func, 'id', None))


def _readable(text):
    return UNNAMED.sub('...', NAMED.sub(r'{\1}', text)).replace('%%', '%')
