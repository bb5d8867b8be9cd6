/**
 * What a team gets from Nest alone: a controller with a class-validator DTO, and Nest's own NATS transporter
 * to a second Nest process. Not durable: the transporter is core NATS. Same job and answer as bare.mjs.
 * Plain JavaScript has no decorators, so they are applied by hand.
 */
import 'reflect-metadata';
import { Body, Controller, HttpCode, Inject, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, EventPattern, Payload, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IsNotEmpty, IsObject, IsString, Matches } from 'class-validator';

class EventDto {}
for (const attribute of ['id', 'source', 'specversion', 'type', 'time', 'datacontenttype']) {
  IsString()(EventDto.prototype, attribute);
  IsNotEmpty()(EventDto.prototype, attribute);
}
Matches(/^org\.signalbox\./)(EventDto.prototype, 'type');
IsObject()(EventDto.prototype, 'data');

class Publisher {
  constructor(client) {
    this.client = client;
  }
  publish(event) {
    this.client.emit('bare.event', event);
    return { id: event.id, state: 'accepted' };
  }
}
decorate(Publisher, 'publish', [Post('/events'), HttpCode(202)], [Body()], [EventDto]);
Inject('NATS')(Publisher, undefined, 0);
Reflect.defineMetadata('design:paramtypes', [Object], Publisher);
Controller()(Publisher);

class Receiver {
  receive() {
    return undefined;
  }
}
decorate(Receiver, 'receive', [EventPattern('bare.event')], [Payload()], [EventDto]);
Controller()(Receiver);

function decorate(target, method, methodDecorators, parameterDecorators, types) {
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method);
  Reflect.defineMetadata('design:paramtypes', types, target.prototype, method);
  for (const [index, decorator] of parameterDecorators.entries()) decorator(target.prototype, method, index);
  for (const decorator of methodDecorators) decorator(target.prototype, method, descriptor);
}

process.once('message', async ({ natsUrl, user, password }) => {
  const options = { servers: [natsUrl], user, pass: password };
  class App {}
  Module({
    imports: [ClientsModule.register([{ name: 'NATS', transport: Transport.NATS, options }])],
    controllers: [Publisher],
  })(App);
  class Consumer {}
  Module({ controllers: [Receiver] })(Consumer);
  const consumer = await NestFactory.createMicroservice(Consumer, {
    transport: Transport.NATS,
    options,
    logger: false,
  });
  await consumer.listen();
  const app = await NestFactory.create(App, new FastifyAdapter({ bodyLimit: 2_000_000 }), { logger: false });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
  await app.listen(0, '127.0.0.1');
  process.send?.({ port: app.getHttpServer().address().port });
});
