#include "runtime/core/graph.h"

namespace dflow::core {

Index Graph::add(TaskId id) {
  const Index place = tasks_.add();
  const std::uint32_t ticket = tasks_[place].ticket;
  tasks_[place] = Task{};
  tasks_[place].id = id;
  tasks_[place].ticket = ticket;
  tables_[client_of(id)].add(number_of(id), place);
  return place;
}

void Graph::remove(Index task) {
  cut_inputs(task);
  const TaskId id = tasks_[task].id;
  const auto table = tables_.find(client_of(id));
  table->second.remove(number_of(id));
  if (table->second.size() == 0) tables_.erase(table);
  tasks_[task].payload.reset();
  tasks_[task].options.reset();
}

void Graph::recycle(Index task) {
  tasks_.remove(task);
}

Index Graph::find(TaskId id) const {
  const auto table = tables_.find(client_of(id));
  return table == tables_.end() ? none : table->second.find(number_of(id));
}

Index Graph::link(Index consumer, Index producer, Index last) {
  const Index place = edges_.add();
  const Index head = tasks_[producer].first_reader;
  edges_[place] = {.producer = producer, .consumer = consumer, .next_reader = head};
  if (head != none) edges_[head].previous_reader = place;
  tasks_[producer].first_reader = place;
  (last == none ? tasks_[consumer].first_input : edges_[last].next_input) = place;
  return place;
}

void Graph::cut_inputs(Index consumer) {
  for (Index e = tasks_[consumer].first_input; e != none;) {
    const Edge edge = edges_[e];
    if (edge.next_reader != none) edges_[edge.next_reader].previous_reader = edge.previous_reader;
    (edge.previous_reader == none ? tasks_[edge.producer].first_reader
                                  : edges_[edge.previous_reader].next_reader) = edge.next_reader;
    edges_.remove(e);
    e = edge.next_input;
  }
  tasks_[consumer].first_input = none;
}

bool Graph::needs_just(Index consumer, const std::vector<Index>& producers) const {
  Index e = tasks_[consumer].first_input;
  for (const Index producer : producers) {
    if (e == none || edges_[e].producer != producer) return false;
    e = edges_[e].next_input;
  }
  return e == none;
}

void Graph::add_copy(Index task, Index worker, Index& head) {
  const Index place = copies_.add();
  copies_[place] = {
      .task = task, .worker = worker, .next_of_task = tasks_[task].first_copy, .next_of_worker = head};
  tasks_[task].first_copy = place;
  ++tasks_[task].copies;
  if (head != none) copies_[head].previous_of_worker = place;
  head = place;
}

void Graph::remove_copy(Index copy, Index& head) {
  const Copy gone = copies_[copy];
  Index* link = &tasks_[gone.task].first_copy;
  while (*link != copy) link = &copies_[*link].next_of_task;
  *link = gone.next_of_task;
  --tasks_[gone.task].copies;
  if (gone.next_of_worker != none) copies_[gone.next_of_worker].previous_of_worker = gone.previous_of_worker;
  (gone.previous_of_worker == none ? head : copies_[gone.previous_of_worker].next_of_worker) =
      gone.next_of_worker;
  copies_.remove(copy);
}

Index Graph::find_copy(Index task, Index worker) const {
  for (Index c = tasks_[task].first_copy; c != none; c = copies_[c].next_of_task) {
    if (copies_[c].worker == worker) return c;
  }
  return none;
}

std::size_t Graph::bytes() const {
  std::size_t total = tasks_.bytes() + edges_.bytes() + copies_.bytes();
  for (const auto& [client, table] : tables_) total += table.bytes();
  return total;
}

}  // namespace dflow::core
